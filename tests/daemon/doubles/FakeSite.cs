using System.Collections.Concurrent;
using System.Text.Json;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>A site that admits everybody, lends one account a payload, and remembers what was recorded.</summary>
internal sealed class FakeSite : IPolicy, ISitePolicy, ILeases, ILedger, IServiceState
{
    private long _sequence;

    public ConcurrentQueue<object> Records { get; } = new();

    public ConcurrentQueue<Residue> Released { get; } = new();

    public IReadOnlyList<string> ReloadFaults { get; set; } = [];

    public int? Most { get; set; }

    public bool Pilots { get; set; } = true;

    public Exception? AdmitFails { get; set; }

    public IPolicy Current => this;

    public string Site => "TEST";

    public string Epoch => "epoch";

    public WirePart Warden => new(true, "");

    public Task<IReadOnlyList<WireStock>> StockAsync() => Task.FromResult<IReadOnlyList<WireStock>>([]);

    public WirePart Ledger => new(true, "");

    public (int Lent, int Quarantined) Accounts => (1, 2);

    public HashSet<UserId> Kept { get; } = [];

    public bool IsQuarantined(UserId uid) => Kept.Contains(uid);

    public bool ClearAccount(UserId uid) => Kept.Remove(uid);

    public Decision Decide(PayloadRequest request, IReadOnlyDictionary<Level, Readiness> readiness)
        => readiness.GetValueOrDefault(Level.Setuid) is Readiness.Ready
            ? new Decision.Admit("everybody", Level.Setuid, "classic", new Identity.PilotItself("me"), "default", request.Limits, PlacementDemand.Default, Epoch)
            : new Decision.Unavailable("setuid is not ready", "Wait.", false);

    public bool PilotMayRun(string cause) => false;

    public bool IsPilot(UserId uid) => Pilots;

    public int? MaxPayloads(UserId pilot) => Most;

    public (Decision Decision, IReadOnlyList<string> Trail) Explain(PayloadRequest request, IReadOnlyDictionary<Level, Readiness> readiness)
        => (Decide(request, readiness), ["looked"]);

    public IReadOnlyList<string> Reload() => ReloadFaults;

    public ValueTask<LeaseResult> TakeAsync(PayloadId payload, Decision.Admit decision)
        => ValueTask.FromResult<LeaseResult>(new LeaseResult.Lent(new Lease(payload, new Account(new UserId(2000000), new GroupId(2000000), [], null), "default", false)));

    public ValueTask<LeaseResult> PreviewAsync(PayloadId payload, Decision.Admit decision) => TakeAsync(payload, decision);

    public ValueTask ReleaseAsync(Lease lease, Residue residue)
    {
        Released.Enqueue(residue);
        return ValueTask.CompletedTask;
    }

    public ValueTask<LedgerReceipt> AdmitAsync(AdmittedRecord record)
    {
        if (AdmitFails is { } failure)
            throw failure;
        Records.Enqueue(record);
        return ValueTask.FromResult(new LedgerReceipt(record.Payload, Interlocked.Increment(ref _sequence)));
    }

    public void Started(PayloadId payload, ProcessId process) => Records.Enqueue(process);

    public ValueTask EndAsync(LedgerReceipt receipt, EndedRecord record)
    {
        Records.Enqueue(record);
        return ValueTask.CompletedTask;
    }

    public void NotAdmitted(NotAdmitted record) => Records.Enqueue(record);

    public ValueTask EventAsync(ServiceEvent record)
    {
        Records.Enqueue(record);
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<JsonElement> ReadRecordsAsync(PayloadId? payload, uint? uid)
    {
        await Task.Yield();
        using JsonDocument document = JsonDocument.Parse("""{"type":"event"}""");
        yield return document.RootElement.Clone();
    }
}
