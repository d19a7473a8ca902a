using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>A room of the warden's that a payload has entered.</summary>
internal sealed class WardenCell : ICell
{
    private readonly WardenCellCalls _calls;
    private readonly TimeSpan? _wallLimit;
    private readonly TaskCompletionSource<EndingReport> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _hasCopier;
    private readonly bool _isFound;
    private readonly bool _wasStarted;
    private SafePilotEnd? _pilotEnd;
    private ExchangeEnd? _exchange;
    private volatile bool _isToldToStart;

    /// <summary>One that has just been entered.</summary>
    public WardenCell(WardenCellCalls calls, CellSite site, SafePilotEnd? pilotEnd, ExchangeEnd? exchange, TimeSpan? wallLimit)
    {
        (_calls, Site, _pilotEnd, _exchange, _wallLimit) = (calls, site, pilotEnd, exchange, wallLimit);
        _hasCopier = exchange?.Kind == ExchangeKind.Copier;
        Forked = pilotEnd is null ? new ForkedPayload(calls) : null;
    }

    /// <summary>One whose payload an earlier run of the service admitted: it runs, or is over, or was never told to start.</summary>
    /// <param name="calls">The calls about it.</param>
    /// <param name="site">Where it is on record.</param>
    /// <param name="wallLimit">Its wall-clock limit.</param>
    /// <param name="wasStarted">Its start is on record.</param>
    /// <param name="lost">Why nobody can know how it ended; null where the warden is asked.</param>
    public WardenCell(WardenCellCalls calls, CellSite site, TimeSpan? wallLimit, bool wasStarted, string? lost)
    {
        (_calls, Site, _wallLimit, _wasStarted, _isFound, _isToldToStart) = (calls, site, wallLimit, wasStarted && lost is null, true, true);
        if (lost is null)
            _ = WaitForEndingAsync();
        else
            _ending.TrySetResult(new EndingReport(new Ending.Lost(lost), "isolationd", new Finding.ProvenEmpty(lost), ResourceUsage.NotMeasured(lost)));
    }

    /// <summary>What belongs to a payload that the client forks; null where cell-init does.</summary>
    public ForkedPayload? Forked { get; }

    public CellId Id => _calls.Cell;

    public CellSite Site { get; }

    public Task<EndingReport> Ending => _ending.Task;

    public SafePilotEnd? TakePilotEnd()
        => Forked is not null ? null : Interlocked.Exchange(ref _pilotEnd, null) ?? throw new InvalidOperationException("the client's end of the channel was taken before");

    public ExchangeEnd? TakeExchangeEnd() => Interlocked.Exchange(ref _exchange, null);

    public async Task BeginCollectionAsync(CancellationToken ct)
    {
        if (!_hasCopier)
            return; // the client has the directory itself
        using WardenReply reply = await _calls.AskAsync(WardenOperation.Collect).WaitAsync(ct).ConfigureAwait(false);
        _calls.Checked(reply, static r =>
        {
            r.Done();
            return true;
        });
    }

    public async Task<Resolution> ResolveAsync(CancellationToken ct)
    {
        if (Forked is not null)
            return await Forked.JoinedAsync(ct).ConfigureAwait(false);
        Task<WardenReply> call = _calls.AskAsync(WardenOperation.Resolve);
        // Given up, its answer is of no use: the cell is destroyed next, whatever it says.
        using WardenReply reply = await call.WaitAsync(ct).ConfigureAwait(false);
        return _calls.Checked(reply, r => CellMapping.Of(ResolvedInRoom.Read(r.Body())));
    }

    public async Task<StartResult> StartAsync(Admission admission, CancellationToken ct)
    {
        _isToldToStart = true;
        try
        {
            using WardenReply reply = await _calls.AskAsync(WardenOperation.Start, b => b.I64(admission.Receipt.Sequence)).WaitAsync(ct).ConfigureAwait(false);
            return Started(_calls.Checked(reply, r => StartedInRoom.Read(r.Body())));
        }
        catch (WardenGoneException) when (Forked is null)
        {
            return await FindAsync().ConfigureAwait(false);
        }
    }

    public async Task<SignalResult> SignalAsync(int signal, CancellationToken ct)
    {
        using WardenReply reply = await _calls.AskAsync(WardenOperation.Signal, b => b.I32(signal)).WaitAsync(ct).ConfigureAwait(false);
        return _calls.Checked(reply, static r =>
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
        return new CellReport(await (_isToldToStart ? _calls.DestroyAsync(grace, _wasStarted ? NobodyKnows : null) : _calls.DestroyUnusedAsync(grace)).ConfigureAwait(false));
    }

    public Task ForgetAsync() => _calls.ForgetAsync();

    private static readonly Finding NobodyKnows = new Finding.Found("the warden has no cell of it, and its start is on record: nobody knows what runs on");

    private static EndingReport NeverStarted => new(
        new Ending.SetupFailed("start", "the service was gone between the payload's record and its start: it never started", null),
        "warden", new Finding.NothingFound("nothing was started"), ResourceUsage.NotMeasured("never started"));

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
        if (started.Pid <= 0 && started.Step == StartStep.ClientGone.Name())
            return new StartResult.ClientGone();
        if (started.Pid <= 0 && started != StartedInRoom.Unseen)
            return new StartResult.NotStarted(started.Step, started.Errno);
        // Asked at once, so that the ending finds somebody who waits for it.
        _ = WaitForEndingAsync();
        Forked?.LetGo();
        return started.Pid > 0 ? new StartResult.Started(new ProcessId(started.Pid)) : new StartResult.Unseen();
    }

    // The warden went with the question: whether the payload was started, its cell-init knows, and the next warden asks it.
    private async Task<StartResult> FindAsync()
    {
        StartResult found = await FindStartAsync().ConfigureAwait(false);
        if (found is StartResult.NotStarted)
            throw new SetupException("start", "the warden was gone before it told the cell to start");
        _ = WaitForEndingAsync();
        return found;
    }

    /// <summary>Whether a payload that is not on record as started was, and as which process.</summary>
    public async Task<StartResult> FindStartAsync()
    {
        using WardenReply reply = await _calls.AskUntilAnsweredAsync(WardenOperation.Find).ConfigureAwait(false);
        if (reply.IsOfNoCell || reply.IsOfAnotherStage)
            return new StartResult.NotStarted("warden", 0);
        try
        {
            int pid = _calls.Checked(reply, static r =>
            {
                MessageReader body = r.Body();
                int found = body.I32();
                body.End();
                return found;
            });
            return pid > 0 ? new StartResult.Started(new ProcessId(pid)) : new StartResult.Unseen();
        }
        catch (SetupException)
        {
            return new StartResult.Unseen(); // the warden cannot reach it: whether it runs nobody knows
        }
    }

    private async Task WaitForEndingAsync()
    {
        try
        {
            using WardenReply reply = await _calls.AskUntilAnsweredAsync(WardenOperation.Ending).ConfigureAwait(false);
            // A payload that was told to start has a cell until its ending is on record.
            if (_isFound && !_wasStarted && (reply.IsOfNoCell || reply.IsOfAnotherStage))
                _ending.TrySetResult(NeverStarted);
            else
                _ending.TrySetResult(_calls.Checked(reply, r => CellMapping.Of(ObservedEnding.Read(r.Body()), _wallLimit)));
        }
        catch (SetupException e)
        {
            _ending.TrySetResult(new EndingReport(
                new Ending.Lost(e.Message), "isolationd", new Finding.NotProvable(e.Message), ResourceUsage.NotMeasured(e.Message)));
        }
    }
}
