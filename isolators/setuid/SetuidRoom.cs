using System.Globalization;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Setuid;

/// <summary>An empty room: a cell-init that waits. What depends on the payload (leaf, scratch, channel) is made at entry.</summary>
internal sealed class SetuidRoom(CellHost host, RoomPlan plan, PrivateRoomSettings? own, TicketFile ticket, PidFd cellInit, CellControl control) : IHostRoom
{
    private static readonly TimeSpan EnterDeadline = TimeSpan.FromSeconds(30);
    private bool _given;

    public RoomPlan Plan => plan;

    public bool IsWaiting => !cellInit.IsOver && !control.IsOver;

    private CellNetwork Network => own is { WithoutNetwork: true } ? CellNetwork.None : plan.Key.Network is null ? CellNetwork.Host : CellNetwork.Pilot;

    public async Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct)
    {
        _given = true;
        Rollback undo = new("setuid enter");
        undo.Begin("room");
        undo.Push(() => ticket.Remove());
        undo.Push(() =>
        {
            cellInit.Signal(9);
            _ = Sys.Poll(cellInit, PollEvents.In, 1000);
            _ = Sys.WaitFor(cellInit, reap: true);
        });
        try
        {
            undo.Begin("name");
            CellId cell = CellId.For(entry.Payload);
            if (plan.Cell != cell)
                ticket.Rename(cell.Value); // it was built before anybody knew for whom

            undo.Begin("client");
            var client = (PidFd)entry.Client;
            PilotCeilings ceilings = PilotCeilings.Of(client);

            TicketSearch search = own is null ? new TicketSearch(Ipc: true, AccountResidue.OfEverybody) : new TicketSearch(Ipc: false, [.. own.Writable]);
            AccountResidue residue = AccountResidue.Watch(host.Clock, search);

            if (ScratchLimits.Objection(host, entry) is EnterResult.NotPlaced unlimited)
                return await NowhereAsync(new PlaceResult.Nowhere(unlimited), undo).ConfigureAwait(false);

            undo.Begin("leaf");
            PlaceResult found = PlaceFinder.Find(host, entry, own is not null, ProcessCgroups.LeafName(cell.Value), planned => ticket.Change(t => t with
            {
                Payload = entry.Payload.Value,
                Uid = entry.Account.Uid.Value,
                Gid = entry.Account.Gid.Value,
                Leaf = planned,
            }));
            if (found is not PlaceResult.Placed { Leaf: Leaf leaf, Placement: Placement placement } place)
                return await NowhereAsync((PlaceResult.Nowhere)found, undo).ConfigureAwait(false);
            undo.Push(() =>
            {
                string? left = leaf.Remove();
                leaf.Dispose();
                return left;
            });

            undo.Begin("scratch");
            Scratch scratch = Scratch.Create(host, cell.Value, entry.Account.Uid.Value, entry.Account.Gid.Value, ScratchLimits.Enforced(host, entry.Limits));
            undo.Push(() =>
            {
                string? left = scratch.Remove(TimeSpan.FromSeconds(5));
                scratch.Dispose();
                return left;
            });

            undo.Begin("exchange");
            ScratchExchange? exchange = entry.WithExchange ? ScratchExchange.Open(host, scratch, client, entry.Account) : null;
            undo.Push(() => exchange?.Dispose());

            undo.Begin("mounts");
            using EntryMounts? mounts = own is null ? null : EntryMounts.Make(host, own, entry.Account, scratch, entry.Lent);

            undo.Begin("pilot's channel");
            (UnixSocket cellEnd, UnixSocket pilotEnd) = UnixSocket.Pair(UnixSocketKind.SeqPacket);
            using (cellEnd)
            {
                undo.Push(pilotEnd.Dispose);
                undo.Begin("enter");
                EnterCell message = Message(entry, place, scratch, mounts, ceilings, Sys.StatusOf(pilotEnd).Inode);
                int[] numbers = [.. Numbers(cellEnd, client, (Descriptor)entry.Command, leaf), .. mounts?.Mounts.Select(m => m.Number) ?? []];
                (_, byte[] answer) = await control.AskAsync(ControlKind.Enter, w => message.Write(w), numbers).WaitAsync(EnterDeadline, host.Clock, ct).ConfigureAwait(false);
                if (new MessageReader(answer).Text(WardenProtocol.MaxText) is { Length: > 0 } fault)
                    throw new SetupException("enter", fault);
                leaf.GiveUpWhatIsHanded();
            }

            var parts = new CellParts(ticket, cellInit, control, leaf, scratch, residue.Search) { HasOwnProcesses = own is not null, Search = search, Exchange = exchange };
            return new EnterResult.Entered(new Cell(host, parts, entry, ScratchLimits.Told(host, entry.Limits, placement), Network, new PilotEndDescriptor(pilotEnd)));
        }
        catch (Exception e)
        {
            string? left = await GiveUpAsync(undo).ConfigureAwait(false);
            if (e is OperationCanceledException)
                throw;
            throw new SetupException(undo.Step, e.Message, left, e);
        }
    }

    public async Task<Residue> DestroyAsync(TimeSpan grace)
    {
        control.Tell(ControlKind.Kill);
        string? stuck = await CellParts.EndAsync(cellInit, control, grace).ConfigureAwait(false);
        CrashPoint.Reach("warden: empty room: cell-init over");
        string? left = ticket.Remove();
        Finding processes = stuck is null ? new Finding.ProvenEmpty("nobody entered") : new Finding.Found(stuck);
        return Residue.None with { Processes = processes, Files = left is null ? Residue.None.Files : new Finding.Found(left) };
    }

    public async ValueTask DisposeAsync()
    {
        if (_given)
            return; // the parts are the cell's
        await control.DisposeAsync().ConfigureAwait(false);
        cellInit.Dispose();
        ticket.Dispose();
    }

    private async Task<EnterResult> NowhereAsync(PlaceResult.Nowhere none, Rollback undo)
        => await GiveUpAsync(undo).ConfigureAwait(false) is string left
            ? throw new SetupException("leaf", none.Answer.Cause, left)
            : none.Answer;

    private async Task<string?> GiveUpAsync(Rollback undo)
    {
        string? left = undo.Unwind();
        await control.DisposeAsync().ConfigureAwait(false);
        cellInit.Dispose();
        ticket.Dispose();
        return left;
    }

    private EnterCell Message(Entry entry, PlaceResult.Placed place, Scratch scratch, EntryMounts? mounts, PilotCeilings ceilings, long pilotEndInode)
    {
        string user = mounts?.User ?? entry.Account.Name ?? entry.Account.Uid.Value.ToString(CultureInfo.InvariantCulture);
        string home = mounts?.Home ?? scratch.Path;
        return new EnterCell(
            entry.Account.Uid.Value,
            entry.Account.Gid.Value,
            [.. entry.Account.Groups.Concat(place.TrackingGroup is GroupId group ? [group] : []).Select(g => g.Value).Distinct()],
            (long)Math.Ceiling((entry.Limits.Wall ?? TimeSpan.Zero).TotalMilliseconds),
            (long)Cell.StreamsPatience(entry).TotalMilliseconds,
            ceilings.LimitsWithin(entry.Limits),
            ceilings.OomScoreAdjustment,
            ceilings.FileModeMask,
            ceilings.Schedule,
            pilotEndInode,
            home,
            [
                $"HOME={home}", $"TMPDIR={home}", $"USER={user}", $"LOGNAME={user}",
                $"ISOLATION_PAYLOAD={entry.Payload}", $"ISOLATION_LEVEL={plan.Key.Level.Name()}",
            ],
            [.. place.Leaf.Counters.Select(c => (byte)c.Kind)],
            place.Leaf.TaskFiles.Count,
            mounts is null ? null : mounts.Room with { LeafIsThePilots = !place.Placement.Holds.HasFlag(PlacementProperties.CgroupProof) },
            entry.IsDetached,
            host.Landlock);
    }

    private static int[] Numbers(UnixSocket cellEnd, PidFd client, Descriptor command, Leaf leaf)
        => [
            cellEnd.Number, client.Number, command.Number, leaf.Directory.Number, leaf.Kill.Number, leaf.Freeze.Number, leaf.Events.Number,
            .. leaf.Counters.Select(c => c.File.Number),
            .. leaf.TaskFiles.Select(t => t.Number),
        ];
}
