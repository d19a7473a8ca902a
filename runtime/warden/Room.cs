using System.Collections.Immutable;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>
/// One room in the warden's keeping, and the operations on it. Those that change it take turns, and each is denied out of its stage; only
/// signals and the wait for the ending come at any time. <see cref="Stage"/> moves in a turn only.
/// </summary>
internal sealed class Room
{
    private readonly IRoom? _built;
    private volatile FrontSession? _owner;
    private volatile RoomStage _stage;
    private volatile IHostCell? _cell;
    private EntryMaterials? _materials;
    private LendingVisit? _lending;
    private DestroyedCell? _report;

    /// <summary>An empty one, for a front. It may have been built ahead, under another name.</summary>
    internal Room(Guid cell, IRoom built, FrontSession owner)
        => (_built, _owner, _stage, Id, Key) = (built, owner, RoomStage.Built, cell, built.Plan.Key);

    /// <summary>One of an earlier warden's, in which a payload was told to start.</summary>
    internal Room(IHostCell found, RoomKey key) => (_cell, _stage, Id, Key) = (found, RoomStage.Running, found.Id.Value, key);

    /// <summary>The connection that built it, or asked for it last: when it goes, what has not started goes too. Null where nobody has asked for it yet.</summary>
    internal FrontSession? Owner
    {
        get => _owner;
        set => _owner = value;
    }

    /// <summary>How far it is.</summary>
    internal RoomStage Stage => _stage;

    private SemaphoreSlim Turns { get; } = new(1, 1);

    /// <summary>Its level.</summary>
    internal Level Level => Key.Level;

    private RoomKey Key { get; }

    private Guid Id { get; }

    private IRoom Built => _built ?? throw new DeniedException(WardenProtocol.AnotherStage, "the room is an earlier warden's, and entered");

    /// <summary>Gives it to a payload; takes over the materials where the payload is in. Any other outcome but a denial ends the room.</summary>
    internal async Task<EnterResult> EnterAsync(EntryMaterials materials)
    {
        using Turn turn = await TakeTurnAsync(RoomStage.Built).ConfigureAwait(false);
        Invariants.RequireNetwork(materials.Client, Key);
        Entry entry = await WithLentAsync(materials).ConfigureAwait(false);
        EnterResult result;
        try
        {
            result = await Built.EnterAsync(entry, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            MoveTo(RoomStage.Gone); // a failed entry destroys the room
            throw;
        }

        CrashPoint.Reach("warden: entered");
        _lending?.Dispose(); // the room has its own hold on the mount
        if (result is EnterResult.Entered entered)
        {
            (_cell, _materials) = ((IHostCell)entered.Cell, materials);
            MoveTo(RoomStage.Entered);
        }
        else
        {
            MoveTo(RoomStage.Gone);
        }

        return result;
    }

    /// <summary>Lets a client lend a directory, once, before it enters.</summary>
    internal async Task<UnixSocket> LendAsync(LendingDesk desk, PidFd client, ImmutableArray<string> roots)
    {
        using Turn turn = await TakeTurnAsync(RoomStage.Built).ConfigureAwait(false);
        if (_lending is not null)
            throw new DeniedException("lend", "a second directory for one room");
        if (!Key.ShowsLentDirectories)
            throw new DeniedException("lend", $"a room of the kind {Key.Kind} shows no directory of a pilot's");
        _lending = desk.Begin(client, roots);
        CrashPoint.Reach("warden: lending begun");
        return _lending.TakeClientEnd();
    }

    /// <summary>Waits for what came of it, a bounded time.</summary>
    internal Task<LendingResult> LentAsync() => _lending?.Result ?? throw new DeniedException(WardenProtocol.AnotherStage, "nothing was lent to the room");

    /// <summary>Looks for the command, once.</summary>
    internal async Task<ResolvedInRoom> ResolveAsync()
    {
        using Turn turn = await TakeTurnAsync(RoomStage.Entered).ConfigureAwait(false);
        if (_cell is IForkedCell)
            throw new DeniedException(WardenProtocol.AnotherStage, "a room whose payload the client forks has no command to look for");
        MoveTo(RoomStage.Asked);
        ResolvedInRoom resolved = await _cell!.ResolveInRoomAsync(CancellationToken.None).ConfigureAwait(false);
        if (resolved.Resolution.Outcome == ResolutionOutcome.Resolved)
            MoveTo(RoomStage.Resolved);
        return resolved;
    }

    /// <summary>Takes the client's child as the payload to be, once.</summary>
    /// <returns>True: the child is the room's from now on.</returns>
    internal async Task<bool> JoinAsync(PidFd child)
    {
        using Turn turn = await TakeTurnAsync(RoomStage.Entered).ConfigureAwait(false);
        IForkedCell cell = Forked();
        Invariants.RequireChild(child, _materials!.Client);
        CrashPoint.Reach("warden: log-only: joined");
        cell.Join(child);
        MoveTo(RoomStage.Asked);
        MoveTo(RoomStage.Resolved);
        return true;
    }

    /// <summary>The client's word on how its child ended. Answered when the ending is kept: of a warden that is gone before, the next one is told again.</summary>
    internal async Task<bool> TellAsync(ToldEnding told)
    {
        if (_stage != RoomStage.Running)
            return false;
        Forked().Tell(told.How, told.Value);
        _ = await _cell!.Observed.ConfigureAwait(false);
        return true;
    }

    /// <summary>What a payload that the client has forked has used so far.</summary>
    internal ObservedUsage Usage() => _stage == RoomStage.Running ? Forked().Usage() : throw new DeniedException(WardenProtocol.AnotherStage, "nothing runs in the room");

    /// <summary>Starts the payload, once.</summary>
    /// <param name="sequence">The number of its durable record.</param>
    internal async Task<StartResult> StartAsync(long sequence)
    {
        using Turn turn = await TakeTurnAsync(RoomStage.Resolved).ConfigureAwait(false);
        Entry entry = _materials!.Entry;
        Admission admission = Admission.Mint(entry, new LedgerReceipt(entry.Payload, sequence));
        MoveTo(RoomStage.Running);
        StartResult result = await _cell!.StartAsync(admission, CancellationToken.None).ConfigureAwait(false);
        _materials.Dispose();
        return result;
    }

    /// <summary>The main process of a payload that was told to start; 0 when nobody knows one.</summary>
    internal int Find() => _stage is RoomStage.Running or RoomStage.Ended ? _cell!.MainPid ?? 0 : throw new DeniedException(WardenProtocol.AnotherStage, "nothing was started in the room");

    /// <summary>Signals the payload, where one runs.</summary>
    internal async Task<SignalResult> SignalAsync(int signal)
        => _stage == RoomStage.Running ? await _cell!.SignalAsync(signal, CancellationToken.None).ConfigureAwait(false) : SignalResult.NobodyThere;

    /// <summary>Waits for the ending.</summary>
    /// <exception cref="DeniedException">Nothing was started.</exception>
    internal Task<ObservedEnding> EndingAsync()
        => _stage is RoomStage.Running or RoomStage.Ended or RoomStage.Discarded ? _cell!.Observed
            : throw new DeniedException(WardenProtocol.AnotherStage, "the ending of a room that nothing was started in");

    /// <summary>The payload is over: the client may fetch files. Also a second time: it changes nothing then.</summary>
    internal async Task CollectAsync()
    {
        using Turn turn = await TakeTurnAsync(RoomStage.Running).ConfigureAwait(false);
        await _cell!.BeginCollectionAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Removes all that is left, once; whoever comes later is told the same.</summary>
    /// <returns>Null only where a payload runs, and that is reason to leave it.</returns>
    internal async Task<DestroyedCell?> DestroyAsync(TimeSpan grace, bool evenIfRunning)
    {
        await Turns.WaitAsync().ConfigureAwait(false);
        using Turn turn = new(Turns);
        if (_report is DestroyedCell known)
            return known;
        if (_stage == RoomStage.Gone)
            throw NotThere();
        if (_stage == RoomStage.Running && !evenIfRunning)
            return null;
        Residue residue = _cell is IHostCell cell
            ? (await cell.DestroyAsync(grace).ConfigureAwait(false)).Residue
            : await Built.DestroyAsync(grace).ConfigureAwait(false);
        _lending?.Dispose();
        if (_cell is null)
            await Built.DisposeAsync().ConfigureAwait(false); // nothing entered: there is nothing to forget
        _materials?.Dispose();
        _report = RoomAnswers.Of(residue);
        MoveTo(_cell is null ? RoomStage.Gone : _stage == RoomStage.Running ? RoomStage.Ended : RoomStage.Discarded);
        return _report;
    }

    /// <summary>The ticket may go.</summary>
    internal async Task ForgetAsync()
    {
        using Turn turn = await TakeTurnAsync(RoomStage.Ended, RoomStage.Discarded).ConfigureAwait(false);
        await _cell!.ForgetAsync().ConfigureAwait(false);
        await _cell.DisposeAsync().ConfigureAwait(false);
        MoveTo(RoomStage.Gone);
    }

    private IForkedCell Forked() => _cell as IForkedCell ?? throw new DeniedException("level", "the payload of this room is not forked by its client");

    // Who lends is who enters: a front cannot show one pilot's directory to another's payload.
    private async Task<Entry> WithLentAsync(EntryMaterials materials)
    {
        if (_lending is null)
            return materials.Entry;
        if (_lending.Client != materials.Client.Pid)
            throw new DeniedException("lend", "the client that enters is not the one that lends");
        if (!_lending.Result.IsCompleted || await _lending.Result.ConfigureAwait(false) is not LendingResult.Lent { Directory: LentDirectory lent })
            throw new DeniedException("lend", "nothing was lent to the room");
        return lent.ShowTo(materials.Entry.Account) is string why
            ? throw new SetupException("lend", why)
            : materials.Entry with { Lent = new LentMount(lent.Mount, lent.Path.ToString()) };
    }

    private void MoveTo(RoomStage to) => _stage = _stage.To(to);

    private async Task<Turn> TakeTurnAsync(params RoomStage[] required)
    {
        await Turns.WaitAsync().ConfigureAwait(false);
        RoomStage now = _stage;
        if (required.Contains(now))
            return new Turn(Turns);
        Turns.Release();
        throw now == RoomStage.Gone ? NotThere() : new DeniedException(WardenProtocol.AnotherStage, $"the cell is {now}, the operation wants it {string.Join(" or ", required)}");
    }

    private DeniedException NotThere() => new(WardenProtocol.NoCell, $"no cell {Id} of this warden");

    private sealed record Turn(SemaphoreSlim Turns) : IDisposable
    {
        public void Dispose() => Turns.Release();
    }
}

/// <summary>What a front passed with an entry; held until the payload has started.</summary>
internal sealed record EntryMaterials(Entry Entry, PidFd Client, Descriptor Command) : IDisposable
{
    public void Dispose()
    {
        Client.Dispose();
        Command.Dispose();
    }
}
