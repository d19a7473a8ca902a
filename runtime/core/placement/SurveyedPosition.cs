namespace Isolation.Core;

/// <summary>What a position would hold for one process on this host, found by making a leaf there and removing it.</summary>
/// <param name="Position">Which.</param>
/// <param name="Holds">What would hold.</param>
/// <param name="Lost">Ceilings of that process that would be left behind.</param>
/// <param name="NotEnforced">Of the limits that were tried, those that cannot be enforced there.</param>
/// <param name="Why">Why it cannot be had, or what of it is missing; empty when nothing is.</param>
/// <param name="Fix">The command or setting that would mend that; empty where there is none.</param>
/// <param name="IsPossible">A leaf can be made there.</param>
public sealed record SurveyedPosition(
    Position Position, PlacementProperties Holds, Ceilings Lost, LimitKinds NotEnforced, string Why, string Fix, bool IsPossible);
