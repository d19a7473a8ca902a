namespace Isolation.Core.Tests.Pipeline;

/// <summary>
/// Everything around the pipeline, scripted: each call is written to the journal in its order, and throws when the test
/// has named it in <see cref="Faults"/>.
/// </summary>
internal sealed class Scene : IPolicy, ILeases, ILedger
{
    private readonly Lock _gate = new();
    private readonly List<string> _journal = [];

    public Scene() => Isolator = new FakeIsolator(this);

    public Dictionary<string, Exception> Faults { get; } = [];

    /// <summary>Waits to run in place of returning at once, by the name of the call.</summary>
    public Dictionary<string, Func<Task>> Waits { get; } = [];

    public Decision Decision { get; set; } = Samples.Admit;

    public LeaseResult? Loan { get; set; }

    public LoanResult LoanOutcome { get; set; } = new LoanResult.Lent(new Loan(ByteString.FromText("/lend/own"), 1, 2));

    public Resolution Resolution { get; set; } = new Resolution.Resolved(new ResolvedCommand(ByteString.FromText("/bin/true"), "00", null));

    public StartResult Start { get; set; } = new StartResult.Started(new ProcessId(4711));

    public EndingReport Report { get; set; } = Samples.Ended(new Ending.Exited(0));

    public Residue Residue { get; set; } = Samples.Clean;

    public bool PilotMayRunAnswer { get; set; }

    public FakeIsolator Isolator { get; }

    public RunningPayloads Running { get; } = new();

    /// <summary>One setup at a time.</summary>
    public FairTurns Turns { get; } = new(new TurnBounds(1, 1, 1, TimeSpan.FromSeconds(30)), TimeProvider.System);

    public List<NotAdmitted> Refusals { get; } = [];

    public List<AdmittedRecord> Admitted { get; } = [];

    public List<EndedRecord> Endings { get; } = [];

    public List<(Lease Lease, Residue Residue)> Released { get; } = [];

    public List<string> CausesAsked { get; } = [];

    public IReadOnlyList<string> Journal
    {
        get
        {
            lock (_gate)
                return [.. _journal];
        }
    }

    public async Task<PayloadResult> RunAsync(PayloadRequest? request = null, CancellationToken gone = default)
        => await new PayloadRunner(() => this, this, new IsolatorCatalog([Isolator]), this, Running, Turns, TimeProvider.System)
            .RunAsync(request ?? Samples.Request(), new FakeClient(this), gone);

    public async Task CallAsync(string name)
    {
        lock (_gate)
            _journal.Add(name);
        if (Waits.TryGetValue(name, out Func<Task>? wait))
            await wait();
        if (Faults.TryGetValue(name, out Exception? fault))
            throw fault;
    }

    public Decision Decide(PayloadRequest request, IReadOnlyDictionary<Level, Readiness> readiness)
    {
        _ = CallAsync("decide");
        return Decision;
    }

    public bool PilotMayRun(string cause)
    {
        CausesAsked.Add(cause);
        return PilotMayRunAnswer;
    }

    public async ValueTask<LeaseResult> TakeAsync(PayloadId payload, Decision.Admit decision)
    {
        await CallAsync("take");
        return Loan ?? new LeaseResult.Lent(Samples.Lease with { Payload = payload });
    }

    public async ValueTask<LeaseResult> PreviewAsync(PayloadId payload, Decision.Admit decision)
    {
        await CallAsync("preview");
        return Loan ?? new LeaseResult.Lent(Samples.Lease with { Payload = payload });
    }

    public async ValueTask ReleaseAsync(Lease lease, Residue residue)
    {
        Released.Add((lease, residue));
        await CallAsync("release");
    }

    public async ValueTask<LedgerReceipt> AdmitAsync(AdmittedRecord record)
    {
        await CallAsync("admit");
        Admitted.Add(record);
        return new LedgerReceipt(record.Payload, Admitted.Count);
    }

    public void Started(PayloadId payload, ProcessId process) => _ = CallAsync("started");

    public async ValueTask EndAsync(LedgerReceipt receipt, EndedRecord record)
    {
        await CallAsync("end");
        Endings.Add(record);
    }

    public void NotAdmitted(NotAdmitted record)
    {
        _ = CallAsync("not-admitted");
        Refusals.Add(record);
    }

    public ValueTask EventAsync(ServiceEvent record) => throw new InvalidOperationException("the pipeline writes no events");
}
