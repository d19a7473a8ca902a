using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// Finds the place for a payload: of the positions that hold what policy says must hold, the one with the most of what it wants, tried by
/// making the leaf and setting its limits there.
/// </summary>
public static class PlaceFinder
{
    /// <summary>Makes the leaf.</summary>
    /// <param name="host">Where cells live.</param>
    /// <param name="entry">The payload, and what is demanded of its place.</param>
    /// <param name="hasOwnProcesses">The room has a pid namespace of its own.</param>
    /// <param name="leafName">The leaf's name.</param>
    /// <param name="planned">Called before a leaf is made: what a crash leaves must be found again.</param>
    /// <param name="room">The room's own cgroup, where it is to have one beside the leaf.</param>
    /// <param name="built">The same, where it is there already; the leaf's from now on. Null where it is made beside the leaf, wherever that is.</param>
    public static PlaceResult Find(
        CellHost host, Entry entry, bool hasOwnProcesses, string leafName, Action<LeafPlan> planned, RoomCgroup? room = null, RoomDirectories? built = null)
    {
        PilotCgroups pilot = PilotCgroups.Of((PidFd)entry.Client, host.Cgroups, host.Tracking);
        List<string> tried = [];
        PlaceObstacle obstacle = PlaceObstacle.Placement;
        foreach (Candidate found in Best(Positions.Of(host, pilot, new PlaceNeeds(entry.Limits, hasOwnProcesses), leafName), entry.Placement, tried))
        {
            // What it was built with stays: where it is, and its groups.
            if (built is not null && (found.Plan!.UnifiedParent != built.Plan.UnifiedParent || pilot.TrackingGroup is not null))
                return new PlaceResult.Elsewhere();
            Candidate candidate = found with { Plan = found.Plan! with { Room = room } };
            planned(candidate.Plan);
            CrashPoint.Reach("warden: leaf: planned");
            LeafTrial trial = LeafTrial.Make(host, candidate, entry.Limits, built);
            bool isHeld = trial.NotEnforced == LimitKinds.None || entry.Placement.Limits == LimitLaw.BestEffort;
            if (isHeld && trial.Leaf is Leaf leaf)
                return new PlaceResult.Placed(leaf, pilot.TrackingGroup, new Placement(
                    candidate.Position, candidate.Holds, candidate.Lost, trial.NotEnforced, string.Join(". ", tried.Append(trial.Failure).Where(text => text.Length > 0))));
            tried.Add($"{candidate.Position.Name()}: {trial.Failure}{(trial.Leaf is Leaf unused ? LeafTrial.Remove(unused, built) : "")}");
            if (!isHeld)
                obstacle = PlaceObstacle.Limit;
        }

        return new PlaceResult.Nowhere(new EnterResult.NotPlaced(obstacle, "no place for the payload: " + string.Join(". ", tried), Fix(obstacle)));
    }

    // Those that can be tried, the one with the most of what is wanted first. One that has it all is tried before later ones are looked at.
    private static IEnumerable<Candidate> Best(IEnumerable<Candidate> positions, PlacementDemand demand, List<string> tried)
    {
        List<Candidate> lacking = [];
        foreach (Candidate candidate in positions)
        {
            if (Unfit(candidate, demand) is string why)
                tried.Add($"{candidate.Position.Name()}: {why}");
            else if ((demand.Want & ~candidate.Holds) == PlacementProperties.None)
                yield return candidate;
            else
                lacking.Add(candidate);
        }

        foreach (Candidate candidate in lacking.OrderByDescending(c => int.PopCount((int)(c.Holds & demand.Want))))
            yield return candidate;
    }

    /// <summary>Why a position cannot be taken; null when it can be tried.</summary>
    public static string? Unfit(Candidate candidate, PlacementDemand demand)
        => candidate.Plan is null ? candidate.WhyNot : demand.Objection(candidate.Holds, candidate.Lost);

    private static string Fix(PlaceObstacle obstacle) => obstacle == PlaceObstacle.Limit
        ? "Ask without the limit; or an administrator can set 'limits: best-effort', or give the place the controller that is missing."
        : "`isolation doctor` shows what each position holds here; an administrator can move a property from 'must' to 'want', or name a ceiling under 'may-lose', in 'placement'.";
}
