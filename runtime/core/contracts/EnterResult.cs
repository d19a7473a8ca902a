namespace Isolation.Core;

/// <summary>What came of giving a room to a payload.</summary>
public abstract record EnterResult
{
    private EnterResult() { }

    /// <summary>The payload is in.</summary>
    /// <param name="Cell">Its cell; the caller's to dispose.</param>
    public sealed record Entered(ICell Cell) : EnterResult;

    /// <summary>No place among the cgroups holds what policy says must hold.</summary>
    /// <param name="Obstacle">What is in the way.</param>
    /// <param name="Cause">Which positions were tried, and why each does not do.</param>
    /// <param name="Fix">What an administrator, or the caller, can do.</param>
    public sealed record NotPlaced(PlaceObstacle Obstacle, string Cause, string Fix) : EnterResult;

    /// <summary>The image cannot be a room's tree.</summary>
    /// <param name="Cause">What was looked for, and seen.</param>
    /// <param name="Fix">What the caller can do.</param>
    public sealed record NoImage(string Cause, string Fix) : EnterResult;
}

/// <summary>What is in the way of a place.</summary>
public enum PlaceObstacle : byte
{
    /// <summary>A property that must hold, or a ceiling of the pilot that would be left behind.</summary>
    Placement = 1,

    /// <summary>A limit that cannot be enforced.</summary>
    Limit = 2,
}
