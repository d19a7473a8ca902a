namespace Isolation.Core;

/// <summary>What a room must be; rooms of equal <see cref="RoomKey"/> are interchangeable.</summary>
/// <param name="Cell">The name the room and its cell bear on this host.</param>
/// <param name="Key">What makes the room fit a payload.</param>
public sealed record RoomPlan(CellId Cell, RoomKey Key);

/// <summary>What makes a room fit a payload.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Kind">For setuid <c>classic</c> or <c>private</c>.</param>
public sealed record RoomKey(Level Level, string Kind);
