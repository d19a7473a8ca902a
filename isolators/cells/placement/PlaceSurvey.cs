using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Tries every position for a process, and removes what it made: what <c>explain</c> and <c>doctor</c> tell.</summary>
public static class PlaceSurvey
{
    /// <summary>All positions, in the order in which they are tried.</summary>
    /// <param name="host">Where cells live.</param>
    /// <param name="client">The process.</param>
    /// <param name="needs">The limits to try, and the room.</param>
    public static ImmutableArray<SurveyedPosition> Of(CellHost host, PidFd client, PlaceNeeds needs)
    {
        PilotCgroups pilot = PilotCgroups.Of(client, host.Cgroups, host.Tracking);
        string leafName = ProcessCgroups.LeafName(Guid.CreateVersion7(host.Clock.GetUtcNow()));
        return [.. Positions.Of(host, pilot, needs, leafName).Select(candidate => Try(host, candidate, needs.Limits))];
    }

    private static SurveyedPosition Try(CellHost host, Candidate candidate, Limits limits)
    {
        if (candidate.Plan is null)
            return new SurveyedPosition(candidate.Position, candidate.Holds, candidate.Lost, LimitKinds.None, candidate.WhyNot, candidate.Fix, IsPossible: false);
        LeafTrial trial = LeafTrial.Make(host, candidate, limits);
        if (trial.Leaf is not Leaf leaf)
            return new SurveyedPosition(candidate.Position, candidate.Holds, candidate.Lost, LimitKinds.None, trial.Failure, candidate.Fix, IsPossible: false);
        string? left = leaf.Remove();
        leaf.Dispose();
        return new SurveyedPosition(candidate.Position, candidate.Holds, candidate.Lost, trial.NotEnforced, left is null ? trial.Failure : $"the leaf that was tried is left: {left}", candidate.Fix, IsPossible: left is null);
    }
}
