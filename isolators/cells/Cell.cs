using System.Diagnostics;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>
/// One cell whose cell-init is a process of this host: the same for every level that has one. The ending is kept in the ticket before
/// cell-init may go; when the connection breaks instead, the leaf is killed from here and how the payload ended is not known.
/// </summary>
public sealed class Cell : IHostCell
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ResolveDeadline = TimeSpan.FromSeconds(45); // after the streams; cell-init gives up at 30
    private static readonly TimeSpan StreamsDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ExchangePatience = TimeSpan.FromHours(1);
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(1);
    private readonly CellHost _host;
    private readonly CellParts _parts;
    private readonly TimeSpan? _wall;
    private readonly TimeSpan _streamsPatience;
    private readonly long? _logMark;
    private SafePilotEnd? _pilotEnd;
    private Task _jobsLeaves = Task.CompletedTask;
    private volatile Task _startTold = Task.CompletedTask; // until then it is looked up in the room, which ends with its cell-init
    private LeftCell? _left; // whose leaf, scratch and ticket are

    /// <summary>A cell that a payload has just entered; takes over its parts.</summary>
    public Cell(CellHost host, CellParts parts, Entry entry, Placement placement, CellNetwork network, SafePilotEnd pilotEnd)
    {
        (_host, _parts, _pilotEnd) = (host, parts, pilotEnd);
        (Uid, _wall, _streamsPatience) = (entry.Account.Uid, entry.Limits.Wall, StreamsPatience(entry));
        Site = new CellSite(placement, parts.Leaf.Path, parts.Scratch.Path, network) { ImageDigest = parts.Ticket.Ticket.Image };
        _logMark = host.Log.Mark();
        Observed = ObserveAsync();
        Ending = ReportAsync();
    }

    /// <summary>A cell that an earlier warden has told to start; takes over its parts.</summary>
    /// <param name="host">Where cells live.</param>
    /// <param name="parts">What is still there of it.</param>
    /// <param name="start">What its ticket says.</param>
    /// <param name="uid">Its account's uid.</param>
    /// <param name="mainPid">Its main process; null when it is not known.</param>
    public Cell(CellHost host, CellParts parts, TicketStart start, UserId uid, int? mainPid)
    {
        (_host, _parts, Uid, _wall, MainPid, _logMark) = (host, parts, uid, start.Wall, mainPid, start.LogMark);
        Site = new CellSite(new Placement(start.Position, start.Holds, Ceilings.None, LimitKinds.None, ""), parts.Leaf.Path, parts.Scratch.Path, start.Network) { ImageDigest = parts.Ticket.Ticket.Image };
        Observed = ObserveAsync();
        Ending = ReportAsync();
    }

    /// <inheritdoc/>
    public CellId Id => new(_parts.Ticket.Ticket.Cell);

    /// <inheritdoc/>
    public CellSite Site { get; }

    /// <inheritdoc/>
    public int? MainPid { get; private set; }

    /// <summary>What was seen of the end; kept in the ticket by the time it is told. Never faults.</summary>
    public Task<ObservedEnding> Observed { get; }

    /// <inheritdoc/>
    public Task<EndingReport> Ending { get; }

    /// <summary>The account's uid: residue is looked for under it.</summary>
    public UserId Uid { get; }

    /// <inheritdoc/>
    public SafePilotEnd? TakePilotEnd() => Interlocked.Exchange(ref _pilotEnd, null) ?? throw new InvalidOperationException("the pilot's end was taken before");

    /// <inheritdoc/>
    public ExchangeEnd? TakeExchangeEnd() => _parts.Exchange?.TakeEnd();

    /// <inheritdoc/>
    /// <exception cref="SetupException">The payload may still write, or the process that copies cannot be started.</exception>
    public async Task BeginCollectionAsync(CancellationToken ct)
    {
        if (!Observed.IsCompleted || !(await Observed.ConfigureAwait(false)).IsEmpty)
            throw new SetupException("collect", "processes of the payload may still be there");
        try
        {
            (_parts.Exchange ?? throw new IOException("who copied the files went with an earlier warden")).BeginCollection();
        }
        catch (IOException e)
        {
            throw new SetupException("collect", e.Message, inner: e);
        }
    }

    /// <inheritdoc/>
    public async Task<Resolution> ResolveAsync(CancellationToken ct)
    {
        ResolvedInRoom found = await ResolveInRoomAsync(ct).ConfigureAwait(false);
        CellResolution seen = found.Resolution;
        return seen.Outcome switch
        {
            ResolutionOutcome.Resolved => ByteString.TryFrom(seen.Path, out ByteString path)
                ? new Resolution.Resolved(new ResolvedCommand(path, found.Digest.Length > 0 ? Convert.ToHexStringLower(found.Digest) : null, found.WhyNoDigest))
                : throw new SetupException("resolve", "cell-init answered a path with a NUL in it"),
            ResolutionOutcome.CommandNotUsable => new Resolution.NotUsable("command", $"{seen.Detail}: {ErrnoText.Of(seen.Errno)}", "Name a program that the payload account can execute."),
            ResolutionOutcome.DirectoryNotUsable => new Resolution.NotUsable("workdir", $"{seen.Detail}: {ErrnoText.Of(seen.Errno)}", "Name a directory that the payload account can enter, or none."),
            ResolutionOutcome.StreamRefused => new Resolution.StreamRefused(seen.Stream, seen.Detail),
            ResolutionOutcome.ClientGone => new Resolution.ClientGone(),
            _ => new Resolution.TimedOut(seen.Detail),
        };
    }

    /// <summary>As <see cref="ResolveAsync"/>, in the wire's words.</summary>
    /// <exception cref="SetupException">cell-init is gone.</exception>
    public async Task<ResolvedInRoom> ResolveInRoomAsync(CancellationToken ct)
    {
        (_, byte[] body) = await AskAsync("resolve", ControlKind.Resolve, null, ResolveDeadline + _streamsPatience, ct).ConfigureAwait(false);
        CellResolution seen = CellResolution.Read(new MessageReader(body));
        CrashPoint.Reach("warden: resolved");
        if (seen.Outcome != ResolutionOutcome.Resolved)
            return new ResolvedInRoom(seen, [], "");
        if (_host.Digests.Find(seen.File) is byte[] known)
            return new ResolvedInRoom(seen, known, "");

        try
        {
            (_, body) = await AskAsync("digest", ControlKind.Digest, null, Patience, ct).ConfigureAwait(false);
        }
        catch (SetupException e) when (e.InnerException is TimeoutException)
        {
            return new ResolvedInRoom(seen, [], $"it could not be read within {Patience.TotalSeconds:0} s");
        }

        CrashPoint.Reach("warden: digested");
        MessageReader reader = new(body);
        byte[] digest = reader.Bytes(Sha256.Size);
        string why = reader.Text(512);
        reader.End();
        if (digest.Length == Sha256.Size)
            _host.Digests.Remember(seen.File, digest);
        return new ResolvedInRoom(seen, digest, why);
    }

    /// <summary>How long a client may take to send its streams: one that brings files takes them first.</summary>
    public static TimeSpan StreamsPatience(Entry entry) => entry.WithExchange ? ExchangePatience : StreamsDeadline;

    /// <inheritdoc/>
    public async Task<StartResult> StartAsync(Admission admission, CancellationToken ct)
    {
        _parts.Exchange?.EndInputs();
        if (_parts.CellInit is { IsOver: true } || _parts.Control is not { IsOver: false })
            throw new SetupException("start", "cell-init is gone");
        NoteStart();
        CrashPoint.Reach("warden: start noted");
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _startTold = told.Task;
        try
        {
            return await StartInRoomAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            told.SetResult();
        }
    }

    private async Task<StartResult> StartInRoomAsync(CancellationToken ct)
    {
        if (await TryAskToStartAsync(ct).ConfigureAwait(false) is not (ControlKind kind, byte[] body))
            return new StartResult.Unseen();
        CrashPoint.Reach("warden: start answered");
        MessageReader reader = new(body);
        if (kind == ControlKind.Started)
            return (MainPid = OnHost(reader.I32())) is int pid ? new StartResult.Started(new ProcessId(pid)) : new StartResult.Unseen();
        (StartStep step, int errno) = ((StartStep)reader.I32(), reader.I32());
        if (step == StartStep.Clone && errno == Errno.ENOENT && !LeafIsProof)
            throw new SetupException("start", $"the leaf {_parts.Leaf.Path} is gone: the cgroup above it is its pilot's, who has removed it");
        return step == StartStep.ClientGone ? new StartResult.ClientGone() : new StartResult.NotStarted(step.Name(), errno);
    }

    // Null where it was asked and does not answer: it may have started the payload. One that hangs ends with it, so that this has an end.
    private async Task<(ControlKind Kind, byte[] Body)?> TryAskToStartAsync(CancellationToken ct)
    {
        try
        {
            return await AskAsync("start", ControlKind.Start, null, Patience, ct).ConfigureAwait(false);
        }
        catch (SetupException)
        {
            _parts.EndCellInitNow();
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<SignalResult> SignalAsync(int signal, CancellationToken ct)
    {
        if (Observed.IsCompleted)
            return SignalResult.NobodyThere;
        try
        {
            (_, byte[] body) = await AskAsync("signal", ControlKind.Signal, w => w.I32(signal), Patience, ct).ConfigureAwait(false);
            return !new MessageReader(body).Flag() ? SignalResult.NobodyThere : _parts.Leaf.HoldsBack(signal) ? SignalResult.WaitsForResume : SignalResult.Sent;
        }
        catch (SetupException) when (_parts.Control is not { IsOver: false })
        {
            // It goes when the ending is kept, without an answer to what it had not read.
            if (await WithinAsync(Observed, Patience).ConfigureAwait(false) is null)
                throw;
            return SignalResult.NobodyThere;
        }
    }

    /// <inheritdoc/>
    public async Task<CellReport> DestroyAsync(TimeSpan grace)
    {
        grace = grace < LeastGrace ? LeastGrace : grace; // with none at all, nothing would have the time to be removed
        CrashPoint.Reach("warden: destroy: begun");
        Interlocked.Exchange(ref _pilotEnd, null)?.Dispose();
        _parts.Control?.Tell(ControlKind.Kill);
        ObservedEnding? seen = await WithinAsync(Observed, grace + Patience).ConfigureAwait(false);
        _parts.Control?.Tell(ControlKind.Acknowledge);
        CrashPoint.Reach("warden: destroy: ending acknowledged");
        Task<string?> roomsEnd = _parts.EndCellInitAsync(grace);
        try
        {
            return await RemoveAsync(seen, roomsEnd, grace).ConfigureAwait(false);
        }
        finally
        {
            await roomsEnd.ConfigureAwait(false); // whatever failed: it is reaped
        }
    }

    private async Task<CellReport> RemoveAsync(ObservedEnding? seen, Task<string?> roomsEnd, TimeSpan grace)
    {
        // Nobody comes back into a leaf that was seen to be empty, where that is proof: what is left goes while the room ends.
        // Where cell-init is in the room's cgroup, that goes after it.
        if (!(seen is { IsEmpty: true } && LeafIsProof) || _parts.Leaf.Plan.Room is not null)
        {
            await roomsEnd.ConfigureAwait(false);
            seen ??= await WithinAsync(Observed, grace).ConfigureAwait(false); // whoever did not tell it is gone: it is found out now
        }

        _parts.Exchange?.Dispose();
        // What a pilot can pull out of the leaf is over with the room, whose first process cell-init is.
        bool isEmpty = _parts.Leaf.IsEmpty && (LeafIsProof || await roomsEnd.ConfigureAwait(false) is null);
        await Task.WhenAny(_jobsLeaves, Task.Delay(grace, _host.Clock)).ConfigureAwait(false);
        string? leaf = isEmpty ? await RemoveLeafAsync(_parts.Leaf.Remove, grace).ConfigureAwait(false) : "it still holds processes, or may";
        CrashPoint.Reach("warden: destroy: leaf removed");
        SharedPlaces shared = await WithinAsync(Task.Run(Search), grace).ConfigureAwait(false) ?? SharedPlaces.NotSearched;
        string? scratch = isEmpty
            ? await WithinAsync(Task.Run(() => _parts.Scratch.Remove(grace) ?? ""), grace + Patience).ConfigureAwait(false) ?? "the time for it was over"
            : "not touched while the leaf holds processes";
        CrashPoint.Reach("warden: destroy: scratch removed");
        string? cellInit = await roomsEnd.ConfigureAwait(false);
        CrashPoint.Reach("warden: destroy: cell-init over");
        if (leaf is not null || scratch.Length > 0)
            KeepWhatIsLeft(leaf ?? scratch);
        // An empty leaf proves nothing of a main process whose end nobody saw: it may have been moved out of it.
        bool isProven = isEmpty && (!LeafIsProof || seen is { IsEmpty: true } or { How: not EndedHow.Unknown });
        return new CellReport(new Residue(
            (isProven, cellInit) switch
            {
                (true, null) => new Finding.ProvenEmpty(Proof),
                (true, string stuck) => new Finding.Found(stuck),
                _ => new Finding.Found(seen is { EmptinessDetail.Length: > 0 } ? seen.EmptinessDetail : isEmpty ? "the main process was not seen to end" : "the leaf is still populated"),
            },
            leaf is null ? new Finding.ProvenEmpty("removed") : new Finding.Found($"{_parts.Leaf.Path}: {leaf}"),
            shared.Ipc,
            shared.Files,
            scratch.Length == 0 ? new Finding.ProvenEmpty("removed") : new Finding.Found($"{_parts.Scratch.Path}: {scratch}")));
    }

    /// <inheritdoc/>
    public Task ForgetAsync()
    {
        if (_left is LeftCell left)
            left.Take(_parts.Ticket);
        else
            _ = _parts.Ticket.Remove();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _pilotEnd, null)?.Dispose();
        return _parts.DisposeAsync(withPlaces: _left is null);
    }

    private bool LeafIsProof => Site.Placement.Holds.HasFlag(PlacementProperties.CgroupProof);

    private string Proof => (LeafIsProof, _parts.HasOwnProcesses) switch { (true, true) => "cgroup, pid namespace", (true, false) => "cgroup", _ => "pid namespace" };

    private void KeepWhatIsLeft(string why)
    {
        _left = new LeftCell(_parts.Leaf, _parts.Scratch, _host.Jobs, why);
        _host.Left.Keep(_left);
    }

    // In a pid namespace of its own cell-init knows the payload by another number.
    private int? OnHost(int pid) => !_parts.HasOwnProcesses ? pid : _parts.CellInit is null ? null : NamespacePids.OnHost(_parts.CellInit, pid);

    private SharedPlaces Search()
    {
        try
        {
            return _parts.SearchResidue(Uid);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SharedPlaces(new Finding.NotProvable(e.Message), new Finding.NotProvable(e.Message));
        }
    }

    // Live from construction, so that an early end cannot be missed.
    private async Task<ObservedEnding> ObserveAsync()
    {
        ObservedEnding seen = _parts.Ticket.Ticket.Ending is TicketEnding kept ? Endings.Seen(kept) : await WitnessAsync().ConfigureAwait(false);

        // A batch system waits for nobody: what is in its directories goes at once, whenever the front asks for the rest.
        if (seen.IsEmpty && !_parts.Leaf.Plan.Jobs.IsEmpty)
            _jobsLeaves = RemoveLeafAsync(_parts.Leaf.RemoveFromJob, Patience);
        return seen;
    }

    private async Task<ObservedEnding> WitnessAsync()
    {
        ObservedEnding? told = _parts.Control is null ? null : await _parts.Control.Ending.ConfigureAwait(false);
        ObservedEnding seen = Explained(told ?? await EndWithoutCellInitAsync().ConfigureAwait(false));
        CrashPoint.Reach("warden: ending heard");
        try
        {
            _parts.Ticket.Change(ticket => ticket with { Ending = Endings.ForTicket(seen) });
            CrashPoint.Reach("warden: ending kept");
            if (seen.IsEmpty)
                _ = AcknowledgeAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // A full file system, or a ticket that is gone: the ending is told all the same, and only a dead warden would lose it.
        }

        return seen;
    }

    // It ends while the front makes up its mind: the end of a pid namespace takes its time.
    private async Task AcknowledgeAsync()
    {
        await _startTold.ConfigureAwait(false);
        _parts.Control?.Tell(ControlKind.Acknowledge);
    }

    private void NoteStart()
    {
        try
        {
            _parts.Ticket.Change(ticket => ticket with
            {
                Start = new TicketStart(Stopwatch.GetTimestamp(), [.. _parts.Leaf.Directories.Select(d => d.Inode)], Site.Placement.Position, Site.Placement.Holds, Site.Network)
                {
                    Wall = _wall,
                    LogMark = _logMark,
                    Search = _parts.Search,
                },
            });
        }
        catch (IOException e)
        {
            throw new SetupException("ticket", e.Message, inner: e);
        }
    }

    private ObservedEnding Explained(ObservedEnding seen)
    {
        bool isCounted = seen.Usage[(byte)UsageFigure.OutOfMemoryKills] != -1;
        if (seen.OutOfMemory is null && (isCounted || seen.How != EndedHow.Signaled))
            return seen;
        IReadOnlyList<string>? messages = _logMark is long mark ? _host.Log.Since(mark, OutOfMemoryKill.IsOne) : null;
        int? main = OutOfMemoryEvidence.NumbersAreOurs ? MainPid : null;
        return isCounted
            ? OutOfMemoryEvidence.Add(seen, messages, ProcessCgroups.LeafName(_parts.Ticket.Ticket.Cell), main, Site.Placement.Position)
            : OutOfMemoryEvidence.Uncounted(seen, messages, main);
    }

    private async Task<EndingReport> ReportAsync() => Endings.Report(await Observed.ConfigureAwait(false), _wall);

    private async Task<ObservedEnding> EndWithoutCellInitAsync()
    {
        DateTimeOffset deadline = _host.Clock.GetUtcNow() + Patience;
        try
        {
            do
            {
                _parts.Leaf.KillAll();
                await Task.Delay(TimeSpan.FromMilliseconds(20), _host.Clock).ConfigureAwait(false);
            }
            while (!_parts.Leaf.IsEmpty && _host.Clock.GetUtcNow() < deadline);
            return Unknown(_parts.Leaf.IsEmpty, "its cell-init ended before it could tell; the leaf was killed");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return Unknown(isEmpty: false, $"its cell-init ended before it could tell; the leaf could not be killed: {e.Message}");
        }

        static ObservedEnding Unknown(bool isEmpty, string detail) => new(EndedHow.Unknown, 0, EndingCause.None, isEmpty, detail, ObservedUsage.None);
    }

    // rmdir can block, and a v1 directory stays busy for a moment after its last process.
    private async Task<string?> RemoveLeafAsync(Func<string?> remove, TimeSpan grace)
    {
        DateTimeOffset deadline = _host.Clock.GetUtcNow() + grace;
        while (true)
        {
            string? failure = await WithinAsync(Task.Run(() => remove() ?? ""), grace).ConfigureAwait(false) ?? "rmdir did not return";
            if (failure.Length == 0)
            {
                foreach (JobDirectory job in _parts.Leaf.Plan.Jobs)
                    _host.Jobs.Watch(job);
                return null;
            }

            if (_host.Clock.GetUtcNow() > deadline)
                return failure;
            await Task.Delay(TimeSpan.FromMilliseconds(5), _host.Clock).ConfigureAwait(false);
        }
    }

    // A cell-init that hangs, or that somebody stopped, holds up its own cell only, and for a bounded time.
    private async Task<(ControlKind Kind, byte[] Body)> AskAsync(
        string step, ControlKind question, Action<MessageWriter>? body, TimeSpan within, CancellationToken ct)
    {
        try
        {
            CellControl control = _parts.Control ?? throw new IOException("cell-init is gone");
            return await control.AskAsync(question, body).WaitAsync(within, _host.Clock, ct).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new SetupException(step, $"cell-init did not answer within {within.TotalSeconds:0} s", inner: e);
        }
        catch (IOException e)
        {
            throw new SetupException(step, e.Message, inner: e);
        }
    }

    private async Task<T?> WithinAsync<T>(Task<T> task, TimeSpan within)
    {
        try
        {
            return await task.WaitAsync(within, _host.Clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return default;
        }
    }
}
