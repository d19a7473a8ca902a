namespace Isolation.Core;

/// <summary>How an admitted payload ended: durable before the client gets its reply.</summary>
/// <param name="Payload">The payload.</param>
/// <param name="Pilot">The pilot's uid.</param>
/// <param name="Ending">How it ended.</param>
/// <param name="Observer">Who saw it.</param>
/// <param name="Usage">What it used.</param>
/// <param name="Residue">What was left, kind by kind.</param>
public sealed record EndedRecord(PayloadId Payload, UserId Pilot, Ending Ending, string Observer, ResourceUsage Usage, Residue Residue)
{
    /// <summary>Processes of it that the kernel killed for want of memory; null when there were none.</summary>
    public OutOfMemory? OutOfMemory { get; init; }

    /// <summary>What became of the files that the client wanted to fetch; null when it wanted none.</summary>
    public Collection? Collection { get; init; }
}
