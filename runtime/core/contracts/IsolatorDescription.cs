using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>What an isolator is and can enforce: constant data.</summary>
/// <param name="Level">Its level.</param>
/// <param name="RoomKinds">The kinds of room it builds.</param>
/// <param name="Placements">The positions at which it can place a payload's leaf .</param>
public sealed record IsolatorDescription(Level Level, ImmutableArray<string> RoomKinds, ImmutableArray<Position> Placements);
