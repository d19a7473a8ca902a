using System.Diagnostics;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.LogOnly;

/// <summary>
/// A payload that its client has forked, or is about to. There is nothing of ours in it: it is known by the pidfd of the client's child, counted and
/// ended by its leaf.
/// </summary>
internal sealed class LogOnlyCell : IForkedCell
{
    private const string SharesIdentity = "the payload had its pilot's identity: what it left is the pilot's own";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(1);
    private readonly CellHost _host;
    private readonly TicketFile _ticket;
    private readonly Leaf _leaf;
    private readonly TimeSpan? _wall;
    private readonly PidFd? _client;
    private readonly bool _leafIsRoots;
    private readonly long? _logMark;
    private readonly TaskCompletionSource<ObservedEnding> _observed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PidFd? _child;
    private volatile ForkedWatch? _watch;
    private string? _unplaced;
    private Task _jobsLeaves = Task.CompletedTask;
    private int _mainPid;
    private bool _hasLeft;
    private LeftCell? _left; // whose leaf and ticket are

    /// <summary>A payload whose client is about to fork it.</summary>
    internal LogOnlyCell(CellHost host, TicketFile ticket, Leaf leaf, Entry entry, Placement placement, CellNetwork network)
        : this(host, ticket, leaf, new CellSite(placement, leaf.Path, "", network))
    {
        _wall = entry.Limits.Wall;
        _client = new PidFd(((PidFd)entry.Client).Duplicate().Release());
        _logMark = host.Log.Mark();
    }

    /// <summary>One that an earlier warden has seen started.</summary>
    internal LogOnlyCell(CellHost host, TicketFile ticket, Leaf leaf, TicketStart start)
        : this(host, ticket, leaf, new CellSite(new Placement(start.Position, start.Holds, Ceilings.None, LimitKinds.None, ""), leaf.Path, "", start.Network))
    {
        (_wall, _logMark, _mainPid) = (start.Wall, start.LogMark, start.Child?.Pid ?? 0);
        if (ticket.Ticket.Ending is TicketEnding kept)
        {
            _observed.TrySetResult(Endings.Seen(kept));
            return;
        }

        (_child, _client) = (start.Child?.Find(), start.Client?.Find());
        _watch = new ForkedWatch(leaf, _child, _client, _wall, host.TellsExits, new ForkedUsage(leaf, start.At), NoteCause, Endings.CauseOf(start.EndedFor));
        _ = ObserveAsync(_watch);
    }

    private LogOnlyCell(CellHost host, TicketFile ticket, Leaf leaf, CellSite site)
    {
        (_host, _ticket, _leaf, Site) = (host, ticket, leaf, site);
        _leafIsRoots = CgroupPlace.Of(leaf.Plan.UnifiedMount, leaf.Plan.UnifiedParent).IsRootsAlone;
    }

    public CellId Id => new(_ticket.Ticket.Cell);

    public CellSite Site { get; }

    public int? MainPid => _mainPid > 0 ? _mainPid : null;

    public Task<ObservedEnding> Observed => _observed.Task;

    public Task<EndingReport> Ending => ReportAsync();

    public SafePilotEnd? TakePilotEnd() => null;

    public ExchangeEnd? TakeExchangeEnd() => null;

    public Task BeginCollectionAsync(CancellationToken ct) => throw new SetupException("collect", "at log-only there is no scratch");

    public void Join(PidFd child)
    {
        _child = child;
        _joined.TrySetResult();
    }

    public async Task<Resolution> ResolveAsync(CancellationToken ct)
    {
        await _joined.Task.WaitAsync(ct).ConfigureAwait(false);
        return new Resolution.Resolved(new ResolvedCommand(default, null, "the client executes it"));
    }

    public Task<ResolvedInRoom> ResolveInRoomAsync(CancellationToken ct) => throw new SetupException("resolve", "at log-only the client finds its command itself");

    public Task<StartResult> StartAsync(Admission admission, CancellationToken ct)
    {
        PidFd child = _child ?? throw new InvalidOperationException("nobody has joined");
        long now = Stopwatch.GetTimestamp();
        NoteStart(child, now);
        CrashPoint.Reach("warden: log-only: start noted");
        ForkedUsage usage = new(_leaf, now);
        switch (LeafEntry.Put(_leaf, child))
        {
            case LeafEntryResult.Placed:
                _mainPid = Math.Max(child.Pid, 0);
                CrashPoint.Reach("warden: log-only: placed");
                _watch = new ForkedWatch(_leaf, child, _client, _wall, _host.TellsExits, usage, NoteCause);
                _ = ObserveAsync(_watch);
                return Task.FromResult<StartResult>(new StartResult.Started(new ProcessId(_mainPid)));
            case LeafEntryResult.Unplaced unplaced:
                _unplaced = unplaced.Left ?? "";
                return NotStarted("unplaced", Errno.ESRCH);
            case LeafEntryResult.Over:
                return NotStarted("child", Errno.ESRCH);
            case LeafEntryResult.Refused refused:
                throw new SetupException("leaf", refused.Detail);
            default:
                throw new InvalidOperationException("an entry without a result");
        }
    }

    public void Tell(EndedHow how, int value) => _watch?.Tell(how, value);

    public ObservedUsage Usage() => _watch?.Usage.Answer() ?? ObservedUsage.None;

    // Itself alone: its process group may be the pilot's.
    public Task<SignalResult> SignalAsync(int signal, CancellationToken ct) => Task.FromResult(
        _watch is null || _observed.Task.IsCompleted || _child?.Signal(signal) != true ? SignalResult.NobodyThere
        : _leaf.HoldsBack(signal) ? SignalResult.WaitsForResume : SignalResult.Sent);

    public async Task<CellReport> DestroyAsync(TimeSpan grace)
    {
        grace = grace < LeastGrace ? LeastGrace : grace;
        ObservedEnding? seen = null;
        if (_watch is not null || _observed.Task.IsCompleted)
        {
            _watch?.Order();
            await Task.WhenAny(_observed.Task, Task.Delay(grace + Patience, _host.Clock)).ConfigureAwait(false);
            seen = _observed.Task.IsCompleted ? await _observed.Task.ConfigureAwait(false) : null;
        }

        _observed.TrySetResult(new ObservedEnding(EndedHow.NeverStarted, 0, EndingCause.Ordered, true, "", ObservedUsage.None) { Observer = EndingObserver.Warden });
        bool isEmpty = _leaf.IsEmpty;
        await Task.WhenAny(_jobsLeaves, Task.Delay(grace, _host.Clock)).ConfigureAwait(false);
        string? left = isEmpty ? await RemoveLeafAsync(_leaf.Remove, grace).ConfigureAwait(false) : "it still holds processes";
        CrashPoint.Reach("warden: log-only: leaf removed");
        if (left is not null && _unplaced is null)
            KeepWhatIsLeft(left); // it will be killed: never done to a leaf that a stranger may be in
        Finding own = new Finding.NotProvable(SharesIdentity);
        return new CellReport(new Residue(
            Processes(seen, isEmpty), left is null ? new Finding.ProvenEmpty("removed") : new Finding.Found($"{_leaf.Path}: {left}"), own, own, new Finding.ProvenEmpty("it had none")));
    }

    public Task ForgetAsync()
    {
        if (_left is LeftCell left)
            left.Take(_ticket);
        else
            _ = _ticket.Remove();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_watch is ForkedWatch watch)
        {
            watch.Order();
            await watch.End.ConfigureAwait(false); // its thread uses what is closed here
            watch.Dispose();
        }

        _child?.Dispose();
        _client?.Dispose();
        if (_left is not null)
            return;
        _ticket.Dispose();
        _leaf.Dispose();
    }

    private void NoteStart(PidFd child, long now)
    {
        try
        {
            _ticket.Change(ticket => ticket with
            {
                Start = new TicketStart(now, [.. _leaf.Directories.Select(d => d.Inode)], Site.Placement.Position, Site.Placement.Holds, Site.Network)
                {
                    Wall = _wall,
                    LogMark = _logMark,
                    Child = ProcessStamp.Of(child),
                    Client = _client is null ? null : ProcessStamp.Of(_client),
                },
            });
        }
        catch (IOException e)
        {
            throw new SetupException("ticket", e.Message, inner: e);
        }
    }

    // Another warden finds the payload dead by a signal, and nothing else says whose it was.
    private void NoteCause(EndingCause cause)
    {
        try
        {
            _ticket.Change(ticket => ticket with { Start = ticket.Start! with { EndedFor = Endings.Name(cause) } });
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It is ended all the same, and only a dead warden would lose the reason.
        }
    }

    private Finding Processes(ObservedEnding? seen, bool isEmpty) => this switch
    {
        { _unplaced: { Length: > 0 } stranger } => new Finding.Found($"unplaced: {stranger}"),
        { _unplaced: not null } => new Finding.NotProvable("unplaced: the client's child ended before it was in its leaf"),
        { _watch: null } when seen is null or { How: EndedHow.NeverStarted } => new Finding.ProvenEmpty("nothing was started"),
        _ when !isEmpty => new Finding.Found(seen is { EmptinessDetail.Length: > 0 } ? seen.EmptinessDetail : "the leaf is still populated"),
        _ when seen is null or { IsEmpty: false } => new Finding.Found(seen?.EmptinessDetail ?? "the main process was not seen to end"),
        { _hasLeft: true } => new Finding.NotProvable("the main process had left its leaf: what it started elsewhere is not known"),
        { _leafIsRoots: false } => new Finding.NotProvable("the leaf lies below a cgroup of the pilot's, which can move its processes"),
        _ => new Finding.NothingFound("the leaf; processes of the pilot's may run on for the payload, whose identity they share"),
    };

    private Task<StartResult> NotStarted(string step, int errno)
    {
        _observed.TrySetResult(new ObservedEnding(EndedHow.NeverStarted, 0, EndingCause.None, true, "", ObservedUsage.None) { Observer = EndingObserver.Warden });
        return Task.FromResult<StartResult>(new StartResult.NotStarted(step, errno));
    }

    private async Task ObserveAsync(ForkedWatch watch)
    {
        ForkedEnd end = await watch.End.ConfigureAwait(false);
        _hasLeft = end.HasLeft;
        CrashPoint.Reach("warden: log-only: ending seen");
        ObservedEnding seen = Explained(end.Seen);
        try
        {
            _ticket.Change(ticket => ticket with { Ending = Endings.ForTicket(seen) });
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The ending is told all the same, and only a dead warden would lose it.
        }

        // A batch system waits for nobody: what is in its directories goes at once, whenever the front asks for the rest.
        if (seen.IsEmpty && !_leaf.Plan.Jobs.IsEmpty)
            _jobsLeaves = RemoveLeafAsync(_leaf.RemoveFromJob, Patience);
        _observed.TrySetResult(seen);
    }

    private ObservedEnding Explained(ObservedEnding seen)
    {
        if (seen.OutOfMemory is null)
            return seen;
        IReadOnlyList<string>? messages = _logMark is long mark ? _host.Log.Since(mark, OutOfMemoryKill.IsOne) : null;
        int? main = OutOfMemoryEvidence.NumbersAreOurs && _mainPid > 0 ? _mainPid : null;
        return OutOfMemoryEvidence.Add(seen, messages, ProcessCgroups.LeafName(_ticket.Ticket.Cell), main, Site.Placement.Position);
    }

    private async Task<EndingReport> ReportAsync() => Endings.Report(await Observed.ConfigureAwait(false), _wall);

    private void KeepWhatIsLeft(string why)
    {
        _left = new LeftCell(_leaf, null, _host.Jobs, why);
        _host.Left.Keep(_left);
    }

    // rmdir can block, and a v1 directory stays busy for a moment after its last process.
    private async Task<string?> RemoveLeafAsync(Func<string?> remove, TimeSpan grace)
    {
        DateTimeOffset deadline = _host.Clock.GetUtcNow() + grace;
        while (true)
        {
            Task<string?> removal = Task.Run(remove);
            await Task.WhenAny(removal, Task.Delay(grace, _host.Clock)).ConfigureAwait(false);
            string? failure = removal.IsCompleted ? await removal.ConfigureAwait(false) : "rmdir did not return";
            if (failure is null)
            {
                foreach (JobDirectory job in _leaf.Plan.Jobs)
                    _host.Jobs.Watch(job);
                return null;
            }

            if (_host.Clock.GetUtcNow() > deadline)
                return failure;
            await Task.Delay(TimeSpan.FromMilliseconds(5), _host.Clock).ConfigureAwait(false);
        }
    }
}
