using System.Collections.Concurrent;
using System.Collections.Immutable;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>
/// The rooms that this warden built, and the operations on them. Each operation is allowed in one state of a room only; a front that asks
/// out of order is denied. When a front goes, what it had not started is removed; what runs, runs on, and its ending stays in the ticket.
/// </summary>
internal sealed class RoomKeeper(IReadOnlyDictionary<Level, IIsolator> isolators, WardenState state, WardenLog log)
{
    private const int MostRooms = 8192;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<Guid, Room> _rooms = new();
    private int _building;

    /// <summary>Rooms whose payload has not ended and been removed.</summary>
    internal int Alive => _rooms.Values.Count(room => room.Report is null);

    private SemaphoreSlim Probing { get; } = new(1, 1);

    internal async Task<Answer> ProbeAsync(byte[] body)
    {
        MessageReader reader = new(body);
        var level = (Level)reader.U8();
        reader.End();
        ProbedLevel probed = !isolators.TryGetValue(level, out IIsolator? isolator)
            ? new ProbedLevel([], "this warden has no isolator of that level", "Ask for another level.")
            : await ProbeAsync(isolator).ConfigureAwait(false) switch
            {
                Readiness.Ready ready => new ProbedLevel([.. ready.RoomKinds], "", ""),
                Readiness.NotReady not => new ProbedLevel([], not.Cause, not.Fix),
                _ => throw new InvalidOperationException("a probe without a result"),
            };
        return new Answer(WardenAnswer.Done, probed.Write);
    }

    /// <summary>Takes over the descriptor, which <see cref="OperationTable.Check"/> has found to be a pidfd.</summary>
    internal async Task<Answer> BuildAsync(FrontSession session, byte[] body, Descriptor[] descriptors)
    {
        using PidFd client = new(descriptors[0].Release());
        BuildRoom asked = BuildRoom.Read(new MessageReader(body));
        if (!isolators.TryGetValue((Level)asked.Level, out IIsolator? isolator) || !isolator.Description.RoomKinds.Contains(asked.Kind))
            throw new DeniedException("level", $"no isolator builds rooms of level {asked.Level}, kind {PrintableText.Of(asked.Kind)}");
        if (_rooms.ContainsKey(asked.Cell))
            throw new DeniedException("cell", $"the cell {asked.Cell} is there already");
        Invariants.RequirePilot(client, state.Limits);
        try
        {
            if (Interlocked.Increment(ref _building) + _rooms.Count > MostRooms)
                throw new DeniedException("rooms", $"{MostRooms} rooms are there already");
            var plan = new RoomPlan(new CellId(asked.Cell), new RoomKey((Level)asked.Level, asked.Kind), client);
            return await BuildAsync(session, plan, isolator).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _building);
        }
    }

    private async Task<Answer> BuildAsync(FrontSession session, RoomPlan plan, IIsolator isolator)
    {
        Guid cell = plan.Cell.Value;
        IRoom built = await isolator.BuildAsync(plan, CancellationToken.None).ConfigureAwait(false);
        Room room = new(built, session);
        if (!_rooms.TryAdd(cell, room))
        {
            await built.DestroyAsync(Grace).ConfigureAwait(false);
            await built.DisposeAsync().ConfigureAwait(false);
            throw new DeniedException("cell", $"the cell {cell} is there already");
        }

        // A front that went meanwhile has had its rooms removed without this one.
        if (session.IsOver)
            await LeaveAsync(cell, room).ConfigureAwait(false);
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
    internal async Task<Answer> EnterAsync(byte[] body, Descriptor[] descriptors)
    {
        PidFd client = new(descriptors[0].Release());
        EntryMaterials? kept = null;
        try
        {
            EnterRoom asked = EnterRoom.Read(new MessageReader(body));
            WardenLimits limits = state.Limits;
            Invariants.RequirePilot(client, limits);
            PoolAccount account = Invariants.RequireAccount(asked.Uid, asked.Gid, limits);
            var entry = new Entry(
                new PayloadId(asked.Payload),
                new Account(new UserId(account.Uid), new GroupId(account.Gid), [.. account.Groups.Select(g => new GroupId(g))], Name: null),
                AskedLimits.Read(asked.Limits),
                AskedLimits.Read(asked.Demand),
                descriptors[1],
                client);
            var materials = new EntryMaterials(entry, client, descriptors[1]);
            (Answer answer, bool isIn) = await EnterAsync(asked.Cell, materials).ConfigureAwait(false);
            kept = isIn ? materials : null;
            return answer;
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

    internal async Task<Answer> ResolveAsync(byte[] body)
    {
        using Hold hold = await HoldAsync(CellOf(body), RoomState.Entered).ConfigureAwait(false);
        if (hold.Room.IsAsked)
            throw new DeniedException("state", "the cell's command was asked for before");
        hold.Room.IsAsked = true;
        ResolvedInRoom resolved = await hold.Room.Cell!.ResolveInRoomAsync(CancellationToken.None).ConfigureAwait(false);
        hold.Room.IsResolved = resolved.Resolution.Outcome == ResolutionOutcome.Resolved;
        return new Answer(WardenAnswer.Done, resolved.Write);
    }

    internal async Task<Answer> StartAsync(byte[] body)
    {
        MessageReader reader = new(body);
        Guid id = reader.Id();
        long sequence = reader.I64();
        reader.End();
        using Hold hold = await HoldAsync(id, RoomState.Entered).ConfigureAwait(false);
        if (!hold.Room.IsResolved)
            throw new DeniedException("state", "the cell's command was not found: there is nothing to start");
        Entry entry = hold.Room.Materials!.Entry;
        Admission admission = Admission.Mint(entry, new LedgerReceipt(entry.Payload, sequence));
        (hold.Room.State, hold.Room.WasStarted) = (RoomState.Running, true);
        StartResult result = await hold.Room.Cell!.StartAsync(admission, CancellationToken.None).ConfigureAwait(false);
        hold.Room.Materials.Dispose();
        StartedInRoom started = result switch
        {
            StartResult.Started { Process: ProcessId process } => new StartedInRoom(process.Value, "", 0),
            StartResult.NotStarted not => new StartedInRoom(0, not.Step, not.Errno),
            _ => new StartedInRoom(0, StartStep.ClientGone.Name(), 0),
        };
        return new Answer(WardenAnswer.Done, started.Write);
    }

    internal async Task<Answer> SignalAsync(byte[] body)
    {
        MessageReader reader = new(body);
        Guid id = reader.Id();
        int signal = reader.I32();
        reader.End();
        if (signal is < 1 or > 64)
            throw new DeniedException("signal", $"signal {signal}");
        Room room = Find(id);
        bool reached = room is { State: RoomState.Running, Cell: Cell cell } && await cell.SignalAsync(signal, CancellationToken.None).ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, w => w.Flag(reached));
    }

    internal async Task<Answer> EndingAsync(byte[] body)
    {
        Room room = Find(CellOf(body));
        if (room is not { State: RoomState.Running or RoomState.Ended, Cell: Cell cell })
            throw new DeniedException("state", "the ending of a room that nothing was started in");
        ObservedEnding ending = await cell.Observed.ConfigureAwait(false);
        return new Answer(WardenAnswer.Done, w => ending.Write(w));
    }

    internal async Task<Answer> DestroyAsync(byte[] body)
    {
        MessageReader reader = new(body);
        Guid id = reader.Id();
        TimeSpan grace = TimeSpan.FromMilliseconds(Math.Clamp(reader.I64(), 0, (long)LongestGrace.TotalMilliseconds));
        reader.End();
        Room room = Find(id);
        DestroyedCell report = (await DestroyAsync(id, room, grace, evenIfRunning: true).ConfigureAwait(false))!;
        return new Answer(WardenAnswer.Done, report.Write);
    }

    internal Task<Answer> ForgetAsync(byte[] body) => ForgetAsync(CellOf(body));

    private async Task<Answer> ForgetAsync(Guid id)
    {
        using Hold hold = await HoldAsync(id, RoomState.Ended).ConfigureAwait(false);
        await hold.Room.Cell!.ForgetAsync().ConfigureAwait(false);
        await hold.Room.Cell.DisposeAsync().ConfigureAwait(false);
        _rooms.TryRemove(id, out _);
        return Answer.Done;
    }

    internal Task<Answer> ListAsync(byte[] body)
    {
        new MessageReader(body).End();
        ImmutableArray<ListedRoom> all = [.. _rooms.Select(pair => new ListedRoom(pair.Key, pair.Value.State))];
        var listed = new ListedRooms([.. all.Take(ListedRooms.Most)]) { Total = all.Length };
        return Task.FromResult(new Answer(WardenAnswer.Done, listed.Write));
    }

    /// <summary>A front is gone: nobody will start what it had not started, and nobody else will remove what ends.</summary>
    internal void OnGone(FrontSession session)
    {
        foreach (KeyValuePair<Guid, Room> pair in _rooms)
            if (pair.Value.Owner == session)
                _ = LeaveAsync(pair.Key, pair.Value);
    }

    private async Task LeaveAsync(Guid id, Room room)
    {
        try
        {
            DestroyedCell? report = await DestroyAsync(id, room, Grace, evenIfRunning: false).ConfigureAwait(false);
            bool neverStarted = report is not null;
            if (report is null)
            {
                await room.Cell!.Observed.ConfigureAwait(false);
                report = (await DestroyAsync(id, room, Grace, evenIfRunning: true).ConfigureAwait(false))!;
            }

            foreach (WireFinding found in report.Findings.Where(f => f.Kind == FindingKind.Found))
                log.Write($"cell {id}, whose front is gone: {found.Detail}");
            // What never started needs no record; of what ran the ticket keeps the ending until somebody has recorded it.
            if (neverStarted && !room.WasStarted && room.Cell is not null)
                await ForgetAsync(id).ConfigureAwait(false);
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

    private async Task<(Answer Answer, bool IsIn)> EnterAsync(Guid id, EntryMaterials materials)
    {
        using Hold hold = await HoldAsync(id, RoomState.Built).ConfigureAwait(false);
        Room room = hold.Room;
        Invariants.RequireNetwork(materials.Client, room.Built.Plan.Key);
        EnterResult result;
        try
        {
            result = await room.Built.EnterAsync(materials.Entry, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            _rooms.TryRemove(id, out _); // a failed entry destroys the room
            throw;
        }

        if (result is EnterResult.NotPlaced none)
        {
            _rooms.TryRemove(id, out _);
            return (new Answer(WardenAnswer.Done, new EnterAnswer.NotPlaced((byte)none.Obstacle, none.Cause, none.Fix).Write), false);
        }

        room.Cell = (Cell)((EnterResult.Entered)result).Cell;
        (room.Materials, room.State) = (materials, RoomState.Entered);
        Placement place = room.Cell.Site.Placement;
        var entered = new EnterAnswer.Entered(
            (byte)place.Position, (byte)place.Holds, (byte)place.Lost, (ushort)place.NotEnforced, place.Why,
            room.Cell.Site.Cgroup, room.Cell.Site.Scratch, (byte)room.Cell.Site.Network);
        return (new Answer(WardenAnswer.Done, entered.Write, ((PilotEndDescriptor)room.Cell.TakePilotEnd()).Take()), true);
    }

    // Null only where a payload runs, and that is reason to leave it.
    private async Task<DestroyedCell?> DestroyAsync(Guid id, Room room, TimeSpan grace, bool evenIfRunning)
    {
        await room.Gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (room.Report is DestroyedCell known)
                return known;
            if (!IsThere(id, room))
                throw new DeniedException("cell", $"no cell {id} of this warden");
            if (room.State == RoomState.Running && !evenIfRunning)
                return null;
            Residue residue = room.Cell is Cell cell
                ? (await cell.DestroyAsync(grace).ConfigureAwait(false)).Residue
                : await room.Built.DestroyAsync(grace).ConfigureAwait(false);
            if (room.Cell is null)
            {
                await room.Built.DisposeAsync().ConfigureAwait(false);
                _rooms.TryRemove(id, out _); // nothing entered: there is nothing to forget
            }

            room.Materials?.Dispose();
            room.State = RoomState.Ended;
            return room.Report = new DestroyedCell([Wire(residue.Processes), Wire(residue.Cgroups), Wire(residue.Ipc), Wire(residue.Files), Wire(residue.Scratch)]);
        }
        finally
        {
            room.Gate.Release();
        }
    }

    private static WireFinding Wire(Finding finding) => finding switch
    {
        Finding.ProvenEmpty proven => new WireFinding(FindingKind.ProvenEmpty, proven.How),
        Finding.NothingFound nothing => new WireFinding(FindingKind.NothingFound, nothing.Where),
        Finding.Found found => new WireFinding(FindingKind.Found, found.What.Length > 1000 ? found.What[..1000] : found.What),
        Finding.NotProvable not => new WireFinding(FindingKind.NotProvable, not.Why),
        _ => throw new InvalidOperationException("a finding of no kind"),
    };

    private static Guid CellOf(byte[] body)
    {
        MessageReader reader = new(body);
        Guid id = reader.Id();
        reader.End();
        return id;
    }

    private Room Find(Guid id) => _rooms.GetValueOrDefault(id) ?? throw new DeniedException("cell", $"no cell {id} of this warden");

    // Another operation may have removed it while this one waited for the gate; what it was made of is closed then.
    private bool IsThere(Guid id, Room room) => _rooms.TryGetValue(id, out Room? now) && now == room;

    private async Task<Hold> HoldAsync(Guid id, RoomState required)
    {
        Room room = Find(id);
        await room.Gate.WaitAsync().ConfigureAwait(false);
        bool isThere = IsThere(id, room);
        if (isThere && room.State == required)
            return new Hold(room);
        room.Gate.Release();
        if (!isThere)
            throw new DeniedException("cell", $"no cell {id} of this warden");
        throw new DeniedException("state", $"the cell is {room.State}, the operation wants it {required}");
    }

    private sealed record Hold(Room Room) : IDisposable
    {
        public void Dispose() => Room.Gate.Release();
    }
}
