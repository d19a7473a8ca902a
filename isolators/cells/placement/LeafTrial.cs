using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>A leaf as it came out at one position.</summary>
/// <param name="Leaf">The caller's; null where it could not be made, or cannot hold the pilot's cpuset.</param>
/// <param name="NotEnforced">Limits that it could not be given.</param>
/// <param name="Failure">What was tried and seen; empty when all is well.</param>
internal sealed record LeafTrial(Leaf? Leaf, LimitKinds NotEnforced, string Failure)
{
    /// <summary>Makes the leaf of a candidate that has a plan, and gives it its limits.</summary>
    internal static LeafTrial Make(CellHost host, Candidate candidate, Limits limits, RoomDirectories? built = null)
    {
        Leaf leaf;
        try
        {
            leaf = host.Slice.MakeLeaf(candidate.Plan!, host.WithoutCounters, built);
        }
        catch (SyscallException e)
        {
            return new LeafTrial(null, LimitKinds.None, e.Message);
        }

        // Its user may have made the cgroup above it a threaded one.
        if (candidate.Position == Position.Inside && leaf.Unified.Text("cgroup.type")?.Trim() is string type and not "domain")
            return new LeafTrial(null, LimitKinds.None, $"what is made in {candidate.Plan!.UnifiedParent} is {type}: no process can be put there" + Remove(leaf, built));
        if (candidate.CpuSet is CpuSet set && LeafLimits.Apply(leaf, set) is string unset)
            return new LeafTrial(null, LimitKinds.None, unset + Remove(leaf, built));
        (LimitKinds notEnforced, string why) = LeafLimits.Apply(leaf, limits);
        return new LeafTrial(leaf, notEnforced, why);
    }

    /// <summary>Removes a leaf that nobody entered.</summary>
    /// <param name="leaf">It.</param>
    /// <param name="built">The room's own cgroup, where that was there before.</param>
    /// <returns>What is left, or nothing.</returns>
    internal static string Remove(Leaf leaf, RoomDirectories? built = null)
    {
        if (built is not null)
            leaf.LetGoOfRoom();
        string? left = leaf.Remove();
        leaf.Dispose();
        return left is null ? "" : $" (and {left} is left)";
    }
}
