using Isolation.Core;

namespace Isolation.Cells;

/// <summary>What a payload and its room ask of a place.</summary>
/// <param name="Limits">The payload's own limits.</param>
/// <param name="HasOwnProcesses">The room has a pid namespace of its own: its end is proven without the leaf.</param>
public sealed record PlaceNeeds(Limits Limits, bool HasOwnProcesses);
