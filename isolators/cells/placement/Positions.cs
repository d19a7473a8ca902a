using Isolation.Core;

namespace Isolation.Cells;

/// <summary>The positions of one pilot on this host, in the order in which they are tried.</summary>
public static class Positions
{
    /// <summary>All of them; each with a plan, or the reason why it has none.</summary>
    public static IEnumerable<Candidate> Of(CellHost host, PilotCgroups pilot, Limits limits, string leafName)
    {
        bool isPure = host.Cgroups.V1.Count == 0;
        foreach (Position position in (Position[])[Position.Beside, Position.Below, Position.Own])
        {
            yield return position != Position.Own && pilot.Job is null ? Candidate.Not(position, "the pilot's cgroups show no batch job")
                : isPure ? UnifiedPositions.Plan(position, host, pilot, leafName)
                : HybridPositions.Plan(position, host, pilot, limits, leafName);
        }
    }
}
