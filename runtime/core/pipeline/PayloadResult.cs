namespace Isolation.Core;

/// <summary>What the client is told at the end.</summary>
/// <param name="Payload">The payload.</param>
/// <param name="Ending">How it ended.</param>
/// <param name="Usage">What it used, or null when it never started.</param>
/// <param name="Residue">What was left, or null when nothing was built.</param>
public sealed record PayloadResult(PayloadId Payload, Ending Ending, ResourceUsage? Usage, Residue? Residue)
{
    /// <summary>Processes of it that the kernel killed for want of memory; null when there were none.</summary>
    public OutOfMemory? OutOfMemory { get; init; }

    /// <summary>What became of the files that the client wanted to fetch; null when it wanted none.</summary>
    public Collection? Collection { get; init; }
}
