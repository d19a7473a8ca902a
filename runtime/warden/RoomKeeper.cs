using System.Collections.Concurrent;
using System.Collections.Immutable;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>
/// The rooms that this warden built, and what fronts ask of them. When a front goes, what it had not started is removed; what runs, runs
/// on, and its ending stays in the ticket.
/// </summary>
internal sealed class RoomKeeper(IReadOnlyDictionary<Level, IHostIsolator> isolators, LendingDesk lending, WarmRooms warm, SettingUp settingUp, WardenState state, WardenLog log)
{
    private const int MostRooms = 8192;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<Guid, Room> _rooms = new();
    private readonly ConcurrentDictionary<Guid, string> _leftAlone = new();
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _looking = new();
    private int _building;

    /// <summary>Rooms whose payload has not ended and been removed.</summary>
    internal int Alive => _rooms.Values.Count(room => !room.Stage.IsOver());

    private SemaphoreSlim Probing { get; } = new(1, 1);

    /// <summary>A room of an earlier warden's is being looked at: whoever asks for it waits until the returned value is disposed.</summary>
    internal IDisposable Look(Guid cell)
    {
        _looking[cell] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new Looking(this, cell);
    }

    /// <summary>Keeps a room of an earlier warden's.</summary>
    internal void Keep(IHostCell found, RoomKey key) => _rooms[found.Id.Value] = new Room(found, key);

    /// <summary>A room of an earlier warden's of which something is left, and why: nobody may take it for gone.</summary>
    internal void LeaveAlone(Guid cell, string why) => _leftAlone[cell] = why;

    internal async Task<Answer> ProbeAsync(byte[] body)
    {
        MessageReader reader = new(body);
        var level = (Level)reader.U8();
        reader.End();
        ProbedLevel probed = !isolators.TryGetValue(level, out IHostIsolator? isolator)
            ? new ProbedLevel([], "this warden has no isolator of that level", "Ask for another level.")
            : level == Level.LogOnly && !state.Limits.LogOnly
            ? new ProbedLevel([], "the policy that is installed answers 'log-only: no'", "An administrator can answer 'log-only: allow', and install the policy.")
            : await ProbeAsync(isolator).ConfigureAwait(false) switch
            {
                Readiness.Ready ready => new ProbedLevel([.. ready.RoomKinds], ready.Lacking, ""),
                Readiness.NotReady not => new ProbedLevel([], not.Cause, not.Fix),
                _ => throw new InvalidOperationException("a probe without a result"),
            };
        return new Answer(WardenAnswer.Done, probed.Write);
    }

    /// <summary>Takes over the descriptor, which <see cref="OperationTable.Check"/> has found to be a pidfd.</summary>
    internal async Task<Answer> BuildAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        using IDisposable busy = settingUp.Begin();
        using PidFd client = new(descriptors[0].Release());
        BuildRoom asked = BuildRoom.Read(new MessageReader(body));
        if (!isolators.TryGetValue((Level)asked.Level, out IHostIsolator? isolator) || !isolator.Description.RoomKinds.Contains(asked.Kind))
            throw new DeniedException("level", $"no isolator builds rooms of level {asked.Level}, kind {PrintableText.Of(asked.Kind)}");
        if (isolator.Description.Level == Level.LogOnly && !state.Limits.LogOnly)
            throw new DeniedException("log-only", "this site does not let pilots' own processes be put into cells");
        if (_rooms.ContainsKey(asked.Cell) || _looking.ContainsKey(asked.Cell) || _leftAlone.ContainsKey(asked.Cell))
            throw new DeniedException("cell", $"the cell {asked.Cell} is there already");
        Invariants.RequirePilot(client, state.Limits);
        try
        {
            if (Interlocked.Increment(ref _building) + _rooms.Count > MostRooms)
                throw new DeniedException("rooms", $"{MostRooms} rooms are there already");
            RoomKey key = new((Level)asked.Level, asked.Kind) { Network = Invariants.NetworkOf(client), Image = Invariants.RequireImage(asked, state.Limits) };
            return await BuildAsync(session, new RoomPlan(new CellId(asked.Cell), key, client) { Account = new UserId(asked.Uid) }, isolator).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _building);
        }
    }

    private async Task<Answer> BuildAsync(FrontSession session, RoomPlan plan, IHostIsolator isolator)
    {
        Guid cell = plan.Cell.Value;
        IRoom built = warm.TryTake(isolator, plan) ?? await isolator.BuildAsync(plan, CancellationToken.None).ConfigureAwait(false);
        CrashPoint.Reach("warden: built");
        Room room = new(cell, built, session);
        if (!_rooms.TryAdd(cell, room))
        {
            await built.DestroyAsync(Grace).ConfigureAwait(false);
            await built.DisposeAsync().ConfigureAwait(false);
            throw new DeniedException("cell", $"the cell {cell} is there already");
        }

        // A front that went meanwhile has had its rooms removed without this one.
        if (session.IsOver)
            await LeaveAsync(cell, room, session).ConfigureAwait(false);
        return Answer.Done;
    }

    // One at a time: each builds a room that no limit counts.
    private async Task<Readiness> ProbeAsync(IIsolator isolator)
    {
        await Probing.WaitAsync().ConfigureAwait(false);
        try
        {
            return await isolator.ProbeAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Probing.Release();
        }
    }

    /// <summary>Takes over the descriptors, which <see cref="OperationTable.Check"/> has found to be a pidfd and a sealed memory file.</summary>
    internal async Task<Answer> EnterAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        using IDisposable busy = settingUp.Begin();
        PidFd client = new(descriptors[0].Release());
        EntryMaterials? kept = null;
        try
        {
            EnterRoom asked = EnterRoom.Read(new MessageReader(body));
            WardenLimits limits = state.Limits;
            Invariants.RequirePilot(client, limits);
            PoolAccount account = _rooms.GetValueOrDefault(asked.Cell) is { Level: Level.LogOnly }
                ? Invariants.RequireOwnAccount(client, asked.Uid, asked.Gid)
                : Invariants.RequireAccount(asked.Uid, asked.Gid, limits);
            Invariants.RequireEnd(asked, _rooms.GetValueOrDefault(asked.Cell)?.Level);
            var entry = new Entry(
                new PayloadId(asked.Cell),
                new Account(new UserId(account.Uid), new GroupId(account.Gid), [.. account.Groups.Select(g => new GroupId(g))], Name: null),
                AskedLimits.Read(asked.Limits),
                AskedLimits.Read(asked.Demand),
                descriptors[1],
                client)
            {
                WithExchange = asked.WithExchange,
                IsDetached = asked.IsDetached,
            };
            var materials = new EntryMaterials(entry, client, descriptors[1]);
            EnterResult result = await OnAsync(session, asked.Cell, room => room.EnterAsync(materials)).ConfigureAwait(false);
            kept = result is EnterResult.Entered ? materials : null;
            return RoomAnswers.Of(result);
        }
        finally
        {
            if (kept is null)
            {
                client.Dispose();
                descriptors[1].Dispose();
            }
        }
    }

    /// <summary>Takes over the descriptor, which <see cref="OperationTable.Check"/> has found to be a pidfd.</summary>
    internal async Task<Answer> LendAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        using PidFd client = new(descriptors[0].Release());
        WardenLimits limits = state.Limits;
        Invariants.RequirePilot(client, limits);
        UnixSocket named = await OnAsync(session, CellOf(body), room => room.LendAsync(lending, client, limits.Lend)).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done) { Passed = [named] };
    }

    internal async Task<Answer> LentAsync(FrontSession session, byte[] body)
    {
        CrashPoint.Reach("warden: lent asked");
        LentAnswer answer = await OnAsync(session, CellOf(body), room => room.LentAsync()).ConfigureAwait(false) switch
        {
            LendingResult.Lent { Directory: LentDirectory lent } => new LentAnswer.Lent(lent.Path.Span.ToArray(), lent.Device, lent.Inode),
            LendingResult.Refused refused => new LentAnswer.Refused(refused.Why, refused.Fix),
            _ => throw new InvalidOperationException("a result of no kind"),
        };
        return new Answer(WardenAnswer.Done, answer.Write);
    }

    internal async Task<Answer> ResolveAsync(FrontSession session, byte[] body)
    {
        ResolvedInRoom resolved = await OnAsync(session, CellOf(body), room => room.ResolveAsync()).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, resolved.Write);
    }

    /// <summary>Takes over the descriptor, which <see cref="OperationTable.Check"/> has found to be a pidfd.</summary>
    internal async Task<Answer> JoinAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        PidFd child = new(descriptors[0].Release());
        bool isKept = false;
        try
        {
            isKept = await OnAsync(session, CellOf(body), room => room.JoinAsync(child)).ConfigureAwait(false);
            return Answer.Done;
        }
        finally
        {
            if (!isKept)
                child.Dispose();
        }
    }

    internal async Task<Answer> TellAsync(FrontSession session, byte[] body)
    {
        ToldEnding told = ToldEnding.Read(new MessageReader(body));
        bool reached = await OnAsync(session, told.Cell, room => room.TellAsync(told)).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, w => w.Flag(reached));
    }

    internal async Task<Answer> UsageAsync(FrontSession session, byte[] body)
    {
        ObservedUsage usage = await OnAsync(session, CellOf(body), room => Task.FromResult(room.Usage())).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, w => usage.Write(w));
    }

    internal async Task<Answer> StartAsync(FrontSession session, byte[] body)
    {
        using IDisposable busy = settingUp.Begin();
        MessageReader reader = new(body);
        Guid id = reader.Id();
        long sequence = reader.I64();
        reader.End();
        return RoomAnswers.Of(await OnAsync(session, id, room => room.StartAsync(sequence)).ConfigureAwait(false));
    }

    internal async Task<Answer> FindAsync(FrontSession session, byte[] body)
    {
        int pid = await OnAsync(session, CellOf(body), room => Task.FromResult(room.Find())).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, w => w.I32(pid));
    }

    internal async Task<Answer> SignalAsync(FrontSession session, byte[] body)
    {
        MessageReader reader = new(body);
        Guid id = reader.Id();
        int signal = reader.I32();
        reader.End();
        if (signal is < 1 or > 64)
            throw new DeniedException("signal", $"signal {signal}");
        SignalResult result = await OnAsync(session, id, room => room.SignalAsync(signal)).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, w => w.U8((byte)result));
    }

    internal async Task<Answer> EndingAsync(FrontSession session, byte[] body)
    {
        ObservedEnding ending = await OnAsync(session, CellOf(body), room => room.EndingAsync()).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, w => ending.Write(w));
    }

    internal async Task<Answer> CollectAsync(FrontSession session, byte[] body)
    {
        await OnAsync(session, CellOf(body), CollectAsync).ConfigureAwait(false);
        return Answer.Done;
    }

    internal async Task<Answer> DestroyAsync(FrontSession session, byte[] body)
    {
        MessageReader reader = new(body);
        Guid id = reader.Id();
        TimeSpan grace = TimeSpan.FromMilliseconds(Math.Clamp(reader.I64(), 0, (long)LongestGrace.TotalMilliseconds));
        reader.End();
        DestroyedCell? report = await OnAsync(session, id, room => room.DestroyAsync(grace, evenIfRunning: true)).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, report!.Write);
    }

    internal async Task<Answer> ForgetAsync(FrontSession session, byte[] body)
    {
        await OnAsync(session, CellOf(body), ForgetAsync).ConfigureAwait(false);
        return Answer.Done;
    }

    internal Task<Answer> ListAsync(byte[] body)
    {
        new MessageReader(body).End();
        ImmutableArray<ListedRoom> all = [.. _rooms.Select(pair => new ListedRoom(pair.Key, pair.Value.Stage.Wire()))];
        var listed = new ListedRooms([.. all.Take(ListedRooms.Most)]) { Total = all.Length };
        return Task.FromResult(new Answer(WardenAnswer.Done, listed.Write));
    }

    /// <summary>A front is gone: nobody will start what it had not started, and nobody else will remove what ends.</summary>
    internal void OnGone(FrontSession session)
    {
        foreach (KeyValuePair<Guid, Room> pair in _rooms)
            if (pair.Value.Owner == session)
                _ = LeaveAsync(pair.Key, pair.Value, session);
    }

    private async Task LeaveAsync(Guid id, Room room, FrontSession gone)
    {
        try
        {
            DestroyedCell? report = await OnAsync(id, room, r => r.DestroyAsync(Grace, evenIfRunning: false)).ConfigureAwait(false);
            if (report is null)
            {
                await room.EndingAsync().ConfigureAwait(false);
                if (room.Owner != gone)
                    return; // another front has asked for it meanwhile, and sees to the rest
                report = (await OnAsync(id, room, r => r.DestroyAsync(Grace, evenIfRunning: true)).ConfigureAwait(false))!;
            }

            foreach (WireFinding found in report.Findings.Where(f => f.Kind == FindingKind.Found))
                log.Write($"cell {id}, whose front is gone: {found.Detail}");
            // What never started needs no record; of what ran the ticket keeps the ending until somebody has recorded it.
            if (room.Stage == RoomStage.Discarded)
                await OnAsync(id, room, ForgetAsync).ConfigureAwait(false);
        }
        catch (DeniedException)
        {
            // Somebody else has removed it meanwhile.
        }
        catch (Exception e)
        {
            // Nobody awaits this; the room stays in the list, and a later front can destroy it.
            log.Write($"cell {id}, whose front is gone, could not be removed: {e.Message}");
        }
    }

    private async Task<T> OnAsync<T>(FrontSession session, Guid id, Func<Room, Task<T>> operation)
    {
        if (_looking.TryGetValue(id, out TaskCompletionSource? looking))
            await looking.Task.ConfigureAwait(false);
        Room room = _rooms.GetValueOrDefault(id) ?? throw (_leftAlone.TryGetValue(id, out string? why)
            ? new DeniedException("left-alone", $"the cell {id} is of an earlier warden: {why}")
            : new DeniedException(WardenProtocol.NoCell, $"no cell {id} of this warden"));
        room.Owner = session;
        return await OnAsync(id, room, operation).ConfigureAwait(false);
    }

    // An operation may be the room's last.
    private async Task<T> OnAsync<T>(Guid id, Room room, Func<Room, Task<T>> operation)
    {
        try
        {
            return await operation(room).ConfigureAwait(false);
        }
        finally
        {
            if (room.Stage == RoomStage.Gone)
                _rooms.TryRemove(KeyValuePair.Create(id, room));
        }
    }

    private static async Task<bool> CollectAsync(Room room)
    {
        await room.CollectAsync().ConfigureAwait(false);
        return true;
    }

    private static async Task<bool> ForgetAsync(Room room)
    {
        await room.ForgetAsync().ConfigureAwait(false);
        return true;
    }

    private sealed class Looking(RoomKeeper rooms, Guid cell) : IDisposable
    {
        public void Dispose()
        {
            if (rooms._looking.TryRemove(cell, out TaskCompletionSource? looking))
                looking.TrySetResult();
        }
    }

    private static Guid CellOf(byte[] body)
    {
        MessageReader reader = new(body);
        Guid id = reader.Id();
        reader.End();
        return id;
    }
}
