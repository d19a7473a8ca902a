using System.Globalization;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>The resident of a room, and the connection to it.</summary>
/// <param name="CellInit">Its process.</param>
/// <param name="Control">The connection, proven in both directions.</param>
public sealed record RoomResident(PidFd CellInit, CellControl Control)
{
    /// <summary>Ends it, where the entry that it was made for fails; null where it is whoever gave it that does.</summary>
    public Func<string?>? Undo { get; init; }
}

/// <summary>
/// The entry of a payload into a room whose cell-init is a process of this host: the same at every level that has one. They differ in where that process
/// comes from, and when.
/// </summary>
/// <param name="host">Where cells live.</param>
/// <param name="plan">The room's plan.</param>
/// <param name="own">What it is like where it has mounts of its own; null where it has the host's.</param>
/// <param name="ticket">Its ticket.</param>
/// <param name="network">The network it is in.</param>
public sealed class RoomEntry(CellHost host, RoomPlan plan, PrivateRoomSettings? own, TicketFile ticket, CellNetwork network)
{
    private static readonly TimeSpan EnterDeadline = TimeSpan.FromSeconds(30);

    /// <summary>The room's own cgroup, in which its cell-init is beside the leaf; null where cell-init stays in the service's.</summary>
    public RoomCgroup? Cgroup { get; init; }

    /// <summary>The same, where it is there already: the leaf's, once that is there.</summary>
    public RoomDirectories? Built
    {
        get;
        init => (field, Cgroup) = (value, value?.Plan.Room);
    }

    /// <summary>The entry has failed, and the ticket is needed for what could not be removed: it is no longer the caller's.</summary>
    public bool IsTicketKept { get; private set; }

    /// <summary>Does it. Where it comes to nothing, all of it is undone; the ticket, and a resident that was there before, are the caller's.</summary>
    /// <param name="entry">Who enters.</param>
    /// <param name="resident">Gives the resident, once the leaf is there.</param>
    /// <param name="ct">Gives up waiting for the resident's answer.</param>
    /// <returns>Null where the room is <see cref="Built"/> and the payload's place is another: it is of no use to it, and nothing of the entry is left.</returns>
    /// <exception cref="SetupException">A step failed.</exception>
    public async Task<EnterResult?> EnterAsync(Entry entry, Func<PlaceResult.Placed, PilotCeilings, Task<RoomResident>> resident, CancellationToken ct)
    {
        Rollback undo = new("enter");
        EnterResult? result;
        try
        {
            result = await EnterAsync(entry, undo, resident, ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            string? left = undo.Unwind();
            throw e switch
            {
                OperationCanceledException => e,
                SetupException setup => setup.With(left),
                _ => new SetupException(undo.Step, e.Message, left, e),
            };
        }

        return result is EnterResult.NotPlaced none && undo.Unwind() is string remains ? throw new SetupException("leaf", none.Cause, remains) : result;
    }

    private async Task<EnterResult?> EnterAsync(Entry entry, Rollback undo, Func<PlaceResult.Placed, PilotCeilings, Task<RoomResident>> resident, CancellationToken ct)
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
            return unlimited;

        undo.Begin("leaf");
        PlaceResult found = PlaceFinder.Find(host, entry, own is not null, ProcessCgroups.LeafName(cell.Value), planned => ticket.Change(t => t with
        {
            Payload = entry.Payload.Value,
            Uid = entry.Account.Uid.Value,
            Gid = entry.Account.Gid.Value,
            Leaf = planned,
        }), Cgroup, Built);
        if (found is PlaceResult.Nowhere nowhere)
            return nowhere.Answer;
        if (found is not PlaceResult.Placed { Leaf: Leaf leaf, Placement: Placement placement } place)
            return null; // elsewhere
        undo.Push(() => GiveUp(leaf));

        RoomResident here = await resident(place, ceilings).ConfigureAwait(false);
        if (here.Undo is not null)
            undo.Push(here.Undo);

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
            (_, byte[] answer) = await here.Control.AskAsync(ControlKind.Enter, w => message.Write(w), numbers).WaitAsync(EnterDeadline, host.Clock, ct).ConfigureAwait(false);
            if (new MessageReader(answer).Text(WardenProtocol.MaxText) is { Length: > 0 } fault)
                throw new SetupException("enter", fault);
            leaf.GiveUpWhatIsHanded();
        }

        var parts = new CellParts(ticket, here.CellInit, here.Control, leaf, scratch, residue.Search) { HasOwnProcesses = own is not null, Search = search, Exchange = exchange };
        return new EnterResult.Entered(new Cell(host, parts, entry, ScratchLimits.Told(host, entry.Limits, placement), network, new PilotEndDescriptor(pilotEnd)));
    }

    // Where somebody is still in the room's own cgroup, the ticket goes with it: it is looked at until it can be removed.
    private string? GiveUp(Leaf leaf)
    {
        string? left = leaf.Remove();
        if (left is null || leaf.Plan.Room is null)
        {
            leaf.Dispose();
            return left;
        }

        LeftCell cell = new(leaf, null, host.Jobs, left);
        cell.Take(ticket);
        host.Left.Keep(cell);
        IsTicketKept = true;
        return left;
    }

    private EnterCell Message(Entry entry, PlaceResult.Placed place, Scratch scratch, EntryMounts? mounts, PilotCeilings ceilings, long pilotEndInode)
    {
        string user = mounts?.User ?? entry.Account.Name ?? entry.Account.Uid.Value.ToString(CultureInfo.InvariantCulture);
        string home = mounts?.Home ?? scratch.Path;
        return new EnterCell(
            entry.Account.Uid.Value,
            entry.Account.Gid.Value,
            [.. Groups(entry.Account, place.TrackingGroup).Select(g => g.Value)],
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
            mounts is null ? null : mounts.Room with { LeafIsThePilots = !place.Placement.Holds.HasFlag(PlacementProperties.CgroupProof), OwnCgroups = Cgroup is not null },
            entry.IsDetached,
            host.Landlock);
    }

    /// <summary>The groups that a payload has beside its account's own one.</summary>
    /// <param name="account">Its account.</param>
    /// <param name="tracking">The group by which its pilot's batch system tracks the job; or null.</param>
    public static IEnumerable<GroupId> Groups(Account account, GroupId? tracking) => account.Groups.Concat(tracking is GroupId group ? [group] : []).Distinct();

    private static int[] Numbers(UnixSocket cellEnd, PidFd client, Descriptor command, Leaf leaf)
        => [
            cellEnd.Number, client.Number, command.Number, leaf.Directory.Number, leaf.Kill.Number, leaf.Freeze.Number, leaf.Events.Number,
            .. leaf.Counters.Select(c => c.File.Number),
            .. leaf.TaskFiles.Select(t => t.Number),
        ];
}
