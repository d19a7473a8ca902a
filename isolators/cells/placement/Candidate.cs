using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>A position as it looks for one pilot on this host, before anything is made.</summary>
/// <param name="Position">Which.</param>
/// <param name="Plan">How the leaf would be made; null where it cannot be.</param>
/// <param name="Holds">What would hold.</param>
/// <param name="Lost">What of the pilot's ceilings would be left behind.</param>
/// <param name="CpuSet">CPUs and memory nodes to set at the leaf, so that the pilot's cpuset is held; null where the place holds it by itself.</param>
/// <param name="WhyNot">Why there is no plan; empty where there is one.</param>
public sealed record Candidate(Position Position, LeafPlan? Plan, PlacementProperties Holds, Ceilings Lost, CpuSet? CpuSet, string WhyNot)
{
    /// <summary>The command or setting that would let it hold more; empty where there is none.</summary>
    public string Fix { get; init; } = "";

    /// <summary>A position that is not there for this pilot.</summary>
    public static Candidate Not(Position position, string why, string fix = "")
        => new(position, null, PlacementProperties.None, Ceilings.None, null, why) { Fix = fix };
}

/// <summary>CPUs and memory nodes, as the kernel writes lists of them.</summary>
public sealed record CpuSet(string Cpus, string MemoryNodes);
