namespace Isolation.Core;

/// <summary>The place that a payload got.</summary>
/// <param name="Position">Where.</param>
/// <param name="Holds">What holds there.</param>
/// <param name="Lost">Ceilings of the pilot that are left behind, as policy allows.</param>
/// <param name="NotEnforced">Limits that are not enforced there, as policy allows.</param>
/// <param name="Why">Why no earlier position was taken; empty when the first one was.</param>
public sealed record Placement(Position Position, PlacementProperties Holds, Ceilings Lost, LimitKinds NotEnforced, string Why);
