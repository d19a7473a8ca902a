using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>Which of the positions that were surveyed a payload would get, and why not each other one.</summary>
/// <param name="Taken">The one; null where none does.</param>
/// <param name="Considered">All, in the order in which they are tried.</param>
public sealed record PlaceChoice(SurveyedPosition? Taken, ImmutableArray<ConsideredPosition> Considered)
{
    /// <summary>The choice that a demand makes: of the positions that hold what must hold, the first with the most of what is wanted.</summary>
    public static PlaceChoice Of(ImmutableArray<SurveyedPosition> surveyed, PlacementDemand demand)
    {
        ImmutableArray<(SurveyedPosition Found, string? Objection)> all = [.. surveyed.Select(found => (found, Objection(found, demand)))];
        SurveyedPosition? taken = all.Where(c => c.Objection is null).OrderByDescending(c => Wanted(c.Found, demand)).FirstOrDefault().Found;
        return new PlaceChoice(taken, [.. all.Select(c => new ConsideredPosition(c.Found, c.Found == taken ? null : c.Objection ?? Passed(c.Found, taken!, demand)))]);
    }

    private static string? Objection(SurveyedPosition found, PlacementDemand demand)
        => !found.IsPossible ? found.Why
        : demand.Objection(found.Holds, found.Lost)
            ?? (found.NotEnforced == LimitKinds.None || demand.Limits == LimitLaw.BestEffort ? null : $"cannot enforce the limit on {string.Join(", ", found.NotEnforced.Names())}");

    private static string Passed(SurveyedPosition found, SurveyedPosition taken, PlacementDemand demand)
        => Wanted(found, demand) < Wanted(taken, demand) ? $"{taken.Position.Name()} holds more of what is wanted" : $"{taken.Position.Name()} is tried before it";

    private static int Wanted(SurveyedPosition found, PlacementDemand demand) => int.PopCount((int)(found.Holds & demand.Want));
}

/// <summary>A position that was considered.</summary>
/// <param name="Found">What would hold there.</param>
/// <param name="WhyNot">Why it would not be taken; null for the one that would.</param>
public sealed record ConsideredPosition(SurveyedPosition Found, string? WhyNot);
