using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Isolators.Container;

/// <summary>A ticket, and no more: the container is built at the entry, at the payload's place and with the ids of its account.</summary>
internal sealed class ContainerRoom(CellHost host, RoomPlan plan, ContainerSettings settings, ContainerBirth birth, PilotNetwork? network, TicketFile ticket) : IHostRoom
{
    private bool _given;

    public RoomPlan Plan => plan;

    public bool IsWaiting => true;

    private CellNetwork Network => settings.Room.WithoutNetwork ? CellNetwork.None : plan.Key.Network is null ? CellNetwork.Host : CellNetwork.Pilot;

    public async Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct)
    {
        _given = true;
        using PilotNetwork? joined = network; // let go as soon as a cell-init is in it
        uint resident = settings.Ids!.ResidentOf(entry.Account.Uid.Value);
        RoomEntry room = new(host, plan, settings.Room, ticket, Network) { Cgroup = new RoomCgroup(RoomCgroup.NameOf(plan.Cell.Value), resident, host.Slice.At(host.Cgroups.Unified!).Path) };
        EnterResult result;
        try
        {
            result = await room.EnterAsync(entry, (place, ceilings) => birth.BearAsync(
                new ContainerIds(resident, entry.Account, [.. RoomEntry.Groups(entry.Account, place.TrackingGroup)]), ceilings.OomScoreAdjustment, place.Leaf, joined, ticket), ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            string? left = GiveUp(room);
            throw e is SetupException setup ? setup.With(left) : e;
        }

        return result is EnterResult.NotPlaced none && GiveUp(room) is string remains ? throw new SetupException("leaf", none.Cause, remains) : result;
    }

    public Task<Residue> DestroyAsync(TimeSpan grace)
        => Task.FromResult(ticket.Remove() is string left ? Residue.None with { Files = new Finding.Found(left) } : Residue.None);

    public ValueTask DisposeAsync()
    {
        if (!_given)
        {
            network?.Dispose();
            ticket.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private string? GiveUp(RoomEntry room)
    {
        if (room.IsTicketKept)
            return null;
        string? left = ticket.Remove();
        ticket.Dispose();
        return left;
    }
}
