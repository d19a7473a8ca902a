namespace Isolation.Core;

/// <summary>
/// Limits of one payload; null where none is set. Only the wall clock can be enforced so far: a request or rule with
/// another limit is answered "not ready", never admitted without it.
/// </summary>
/// <param name="Wall">Wall-clock time from the payload's start.</param>
/// <param name="MemoryBytes">Memory, bytes.</param>
/// <param name="Processes">Processes and threads.</param>
/// <param name="ScratchBytes">Space in the payload's scratch, bytes.</param>
public sealed record Limits(TimeSpan? Wall, long? MemoryBytes, long? Processes, long? ScratchBytes)
{
    /// <summary>No limit set.</summary>
    public static readonly Limits None = new(null, null, null, null);

    /// <summary>The tighter of both, each kind for itself.</summary>
    public Limits Tightest(Limits other) => new(
        Least(Wall, other.Wall), Least(MemoryBytes, other.MemoryBytes), Least(Processes, other.Processes), Least(ScratchBytes, other.ScratchBytes));

    private static T? Least<T>(T? left, T? right) where T : struct, IComparable<T>
        => left is null ? right : right is null ? left : left.Value.CompareTo(right.Value) <= 0 ? left : right;
}
