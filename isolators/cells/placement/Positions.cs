using Isolation.Core;

namespace Isolation.Cells;

/// <summary>The positions of one pilot on this host, in the order in which they are tried.</summary>
public static class Positions
{
    /// <summary>
    /// Each with a plan, or the reason why it has none; <c>inside</c> only where a cgroup of the job is its user's, which on v1 makes no difference: there
    /// kill and proof are in the service's slice.
    /// </summary>
    public static IEnumerable<Candidate> Of(CellHost host, PilotCgroups pilot, PlaceNeeds needs, string leafName)
    {
        bool isPure = host.Cgroups.V1.Count == 0;
        foreach (Position position in (Position[])[Position.Beside, Position.Below, Position.Inside, Position.Own])
        {
            Candidate? found = position switch
            {
                Position.Inside => isPure && pilot.Job is not null ? UnifiedPositions.Inside(host, pilot, needs.HasOwnProcesses, leafName) : null,
                not Position.Own when pilot.Job is null => Candidate.Not(position, "the pilot's cgroups show no batch job"),
                _ => isPure ? UnifiedPositions.Plan(position, host, pilot, leafName) : HybridPositions.Plan(position, host, pilot, needs.Limits, leafName),
            };
            if (found is not null)
                yield return found;
        }
    }
}
