using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>A room of the warden's that a payload has entered.</summary>
internal sealed class WardenCell(WardenCellCalls calls, CellSite site, SafePilotEnd? pilotEnd, ExchangeEnd? exchange, TimeSpan? wallLimit) : ICell
{
    private readonly TaskCompletionSource<EndingReport> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _hasCopier = exchange?.Kind == ExchangeKind.Copier;
    private SafePilotEnd? _pilotEnd = pilotEnd;
    private ExchangeEnd? _exchange = exchange;
    private volatile bool _isToldToStart;

    /// <summary>What belongs to a payload that the client forks; null where cell-init does.</summary>
    public ForkedPayload? Forked { get; } = pilotEnd is null ? new ForkedPayload(calls) : null;

    public CellId Id => calls.Cell;

    public CellSite Site { get; } = site;

    public Task<EndingReport> Ending => _ending.Task;

    public SafePilotEnd? TakePilotEnd()
        => Forked is not null ? null : Interlocked.Exchange(ref _pilotEnd, null) ?? throw new InvalidOperationException("the client's end of the channel was taken before");

    public ExchangeEnd? TakeExchangeEnd() => Interlocked.Exchange(ref _exchange, null);

    public async Task BeginCollectionAsync(CancellationToken ct)
    {
        if (!_hasCopier)
            return; // the client has the directory itself
        using WardenReply reply = await calls.AskAsync(WardenOperation.Collect).WaitAsync(ct).ConfigureAwait(false);
        calls.Checked(reply, static r =>
        {
            r.Done();
            return true;
        });
    }

    public async Task<Resolution> ResolveAsync(CancellationToken ct)
    {
        if (Forked is not null)
            return await Forked.JoinedAsync(ct).ConfigureAwait(false);
        Task<WardenReply> call = calls.AskAsync(WardenOperation.Resolve);
        // Given up, its answer is of no use: the cell is destroyed next, whatever it says.
        using WardenReply reply = await call.WaitAsync(ct).ConfigureAwait(false);
        return calls.Checked(reply, r => CellMapping.Of(ResolvedInRoom.Read(r.Body())));
    }

    public async Task<StartResult> StartAsync(Admission admission, CancellationToken ct)
    {
        _isToldToStart = true;
        try
        {
            using WardenReply reply = await calls.AskAsync(WardenOperation.Start, b => b.I64(admission.Receipt.Sequence)).WaitAsync(ct).ConfigureAwait(false);
            return Started(calls.Checked(reply, r => StartedInRoom.Read(r.Body())));
        }
        catch (WardenGoneException) when (Forked is null)
        {
            return await FindAsync().ConfigureAwait(false);
        }
    }

    public async Task<SignalResult> SignalAsync(int signal, CancellationToken ct)
    {
        using WardenReply reply = await calls.AskAsync(WardenOperation.Signal, b => b.I32(signal)).WaitAsync(ct).ConfigureAwait(false);
        return calls.Checked(reply, static r =>
        {
            MessageReader body = r.Body();
            var result = (SignalResult)body.U8();
            body.End();
            return Enum.IsDefined(result) ? result : throw new WireException("a signal of no known result");
        });
    }

    public async Task<CellReport> DestroyAsync(TimeSpan grace)
    {
        Forked?.GiveUp();
        return new CellReport(await (_isToldToStart ? calls.DestroyAsync(grace) : calls.DestroyUnusedAsync(grace)).ConfigureAwait(false));
    }

    public Task ForgetAsync() => calls.ForgetAsync();

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _pilotEnd, null)?.Dispose();
        Interlocked.Exchange(ref _exchange, null)?.Dispose();
        return ValueTask.CompletedTask;
    }

    private StartResult Started(StartedInRoom started)
    {
        if (started.Pid <= 0 && Forked is not null)
            throw ForkedPayload.NotStarted(started.Step);
        if (started.Pid <= 0)
            return new StartResult.NotStarted(started.Step, started.Errno);
        // Asked at once, so that the ending finds somebody who waits for it.
        _ = WaitForEndingAsync();
        Forked?.LetGo();
        return new StartResult.Started(new ProcessId(started.Pid));
    }

    // The warden went with the question: whether the payload was started, its cell-init knows, and the next warden asks it.
    private async Task<StartResult> FindAsync()
    {
        using WardenReply reply = await calls.AskUntilAnsweredAsync(WardenOperation.Find).ConfigureAwait(false);
        if (reply.IsOfNoCell)
            return new StartResult.NotStarted("warden", 0);
        int pid = calls.Checked(reply, static r =>
        {
            MessageReader body = r.Body();
            int found = body.I32();
            body.End();
            return found;
        });
        _ = WaitForEndingAsync();
        return pid > 0 ? new StartResult.Started(new ProcessId(pid)) : new StartResult.Unseen();
    }

    private async Task WaitForEndingAsync()
    {
        try
        {
            using WardenReply reply = await calls.AskUntilAnsweredAsync(WardenOperation.Ending).ConfigureAwait(false);
            _ending.TrySetResult(calls.Checked(reply, r => CellMapping.Of(ObservedEnding.Read(r.Body()), wallLimit)));
        }
        catch (SetupException e)
        {
            _ending.TrySetResult(new EndingReport(
                new Ending.Lost(e.Message), "isolationd", new Finding.NotProvable(e.Message), ResourceUsage.NotMeasured(e.Message)));
        }
    }
}
