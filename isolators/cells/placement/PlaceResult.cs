using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>What came of looking for a place.</summary>
public abstract record PlaceResult
{
    private PlaceResult() { }

    /// <summary>The leaf is there, with its limits.</summary>
    /// <param name="Leaf">The caller's to remove and dispose.</param>
    /// <param name="TrackingGroup">The pilot's tracking group, to be kept among the payload's; or null.</param>
    /// <param name="Placement">What holds there.</param>
    public sealed record Placed(Leaf Leaf, GroupId? TrackingGroup, Placement Placement) : PlaceResult;

    /// <summary>The payload's place is not the one where its room has been built; no leaf is there.</summary>
    public sealed record Elsewhere : PlaceResult;

    /// <summary>No position does.</summary>
    public sealed record Nowhere(EnterResult.NotPlaced Answer) : PlaceResult;
}
