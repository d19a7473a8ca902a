namespace Isolation.Core;

/// <summary>What was seen of the main process's end.</summary>
/// <param name="Ending">How it ended.</param>
/// <param name="Observer">Who saw it: <c>cell-init</c>, <c>warden</c>.</param>
/// <param name="Emptiness">Whether the leaf was proven empty afterwards.</param>
/// <param name="Usage">What the payload used, read from the kernel's counters when the leaf was empty.</param>
public sealed record EndingReport(Ending Ending, string Observer, Finding Emptiness, ResourceUsage Usage)
{
    /// <summary>Processes of it that the kernel killed for want of memory, the main one or others; null when there were none.</summary>
    public OutOfMemory? OutOfMemory { get; init; }
}
