using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Isolators.LogOnly;

/// <summary>A ticket, and no more: the leaf is made at the entry, and everything else is the pilot's.</summary>
internal sealed class LogOnlyRoom(CellHost host, RoomPlan plan, TicketFile ticket) : IRoom
{
    private bool _given;

    public RoomPlan Plan => plan;

    public Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct)
    {
        _given = true;
        Rollback undo = new("log-only enter");
        undo.Push(() =>
        {
            string? left = ticket.Remove();
            ticket.Dispose();
            return left;
        });
        try
        {
            undo.Begin("leaf");
            PlaceResult found = Find(entry);
            if (found is not PlaceResult.Placed { Leaf: Leaf leaf } place)
                return undo.Unwind() is string left ? throw new SetupException("leaf", ((PlaceResult.Nowhere)found).Answer.Cause, left) : Task.FromResult<EnterResult>(((PlaceResult.Nowhere)found).Answer);
            undo.Push(() =>
            {
                string? left = leaf.Remove();
                leaf.Dispose();
                return left;
            });
            Placement placement = OfPilot(place.Placement, entry.Limits);
            if (entry.Placement.Objection(placement.Holds, placement.Lost) is string objection)
            {
                string? left = undo.Unwind();
                return left is null
                    ? Task.FromResult<EnterResult>(new EnterResult.NotPlaced(PlaceObstacle.Placement, $"no place for the payload: at log-only {placement.Position.Name()} {objection}",
                        "Ask for another level; or an administrator can move cgroup-proof from 'must' to 'want' in 'placement'."))
                    : throw new SetupException("leaf", objection, left);
            }

            undo.Begin("client");
            CellNetwork network = plan.Key.Network is null ? CellNetwork.Host : CellNetwork.Pilot;
            return Task.FromResult<EnterResult>(new EnterResult.Entered(new LogOnlyCell(host, ticket, leaf, entry, placement, network)));
        }
        catch (Exception e) when (e is not SetupException)
        {
            throw new SetupException(undo.Step, e.Message, undo.Unwind(), e);
        }
    }

    public Task<Residue> DestroyAsync(TimeSpan grace)
        => Task.FromResult(ticket.Remove() is string left ? Residue.None with { Files = new Finding.Found(left) } : Residue.None);

    public ValueTask DisposeAsync()
    {
        if (!_given)
            ticket.Dispose();
        return ValueTask.CompletedTask;
    }

    // A limit is enforced where the place can: the payload has nothing that its pilot has not, so one that cannot be takes nothing from anybody.
    private PlaceResult Find(Entry entry)
    {
        PlaceResult found = Find(entry, entry.Placement);
        return found is PlaceResult.Nowhere { Answer.Obstacle: PlaceObstacle.Limit } ? Find(entry, entry.Placement with { Limits = LimitLaw.BestEffort }) : found;
    }

    private PlaceResult Find(Entry entry, PlacementDemand demand)
        => PlaceFinder.Find(host, entry with { Placement = demand }, hasOwnProcesses: false, ProcessCgroups.LeafName(plan.Cell.Value), planned => ticket.Change(t => t with
        {
            Payload = entry.Payload.Value,
            Uid = entry.Account.Uid.Value,
            Gid = entry.Account.Gid.Value,
            Leaf = planned,
        }));

    // With its pilot's identity it can have the pilot's other processes run on for it: an empty leaf proves nothing. Its limit of open files is its parent's to set.
    private static Placement OfPilot(Placement place, Limits limits) => place with
    {
        Holds = place.Holds & ~PlacementProperties.CgroupProof,
        NotEnforced = place.NotEnforced | (limits.Kinds & (LimitKinds.OpenFiles | LimitKinds.Scratch | LimitKinds.ScratchFiles)),
    };
}
