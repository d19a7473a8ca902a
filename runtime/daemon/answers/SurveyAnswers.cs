using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>What is told of a survey, from the records of Core to those of the wire.</summary>
internal static class SurveyAnswers
{
    /// <summary>The positions and the one that a demand takes; or why they cannot be told.</summary>
    public static WireSurvey Of(SurveyResult result, PlacementDemand demand) => result switch
    {
        SurveyResult.Surveyed found => Of(PlaceChoice.Of(found.Positions, demand)),
        SurveyResult.NotSurveyed not => new WireSurvey(null, [], not.Cause, not.Fix),
        _ => throw new InvalidOperationException("a survey without a result"),
    };

    /// <summary>The positions and the one that is taken.</summary>
    public static WireSurvey Of(PlaceChoice choice) => new(choice.Taken?.Position.Name(), [.. choice.Considered.Select(Of)], null, null);

    private static WireSurveyedPosition Of(ConsideredPosition one) => new(
        one.Found.Position.Name(), one.Found.IsPossible, one.Found.Holds.Names(), one.Found.Lost.Names(), one.Found.NotEnforced.Names(),
        Given(one.Found.Why), one.WhyNot, Given(one.Found.Fix));

    private static string? Given(string text) => text.Length == 0 ? null : text;
}
