using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Cells;

/// <summary>What is needed to find, prove and undo one room. A file of root's alone, written before anything is built.</summary>
public sealed record CellTicket
{
    /// <summary>The form of this record.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The cell.</summary>
    public required Guid Cell { get; init; }

    /// <summary>Its level.</summary>
    public required string Level { get; init; }

    /// <summary>The kind of room.</summary>
    public required string Kind { get; init; }

    /// <summary>The secret that warden and cell-init prove to each other.</summary>
    public required byte[] Secret { get; init; }

    /// <summary>The boot during which it was built: another boot has ended it.</summary>
    public required string BootId { get; init; }

    /// <summary>The directories of its leaf, one in each hierarchy that has one: planned or made.</summary>
    public string[]? Leaf { get; init; }

    /// <summary>The payload that entered.</summary>
    public Guid? Payload { get; init; }

    /// <summary>The payload account's uid.</summary>
    public uint? Uid { get; init; }

    /// <summary>The payload account's gid.</summary>
    public uint? Gid { get; init; }

    /// <summary>How it ended, kept until isolationd's record of it is durable.</summary>
    public TicketEnding? Ending { get; init; }

    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TicketJson.Default.CellTicket);
}

/// <summary>An ending as a ticket keeps it.</summary>
/// <param name="How">exited, signaled, never-started, unknown.</param>
/// <param name="Value">The exit code or signal.</param>
/// <param name="Cause">none, client-gone, wall-limit, ordered.</param>
/// <param name="IsEmpty">The leaf was proven empty.</param>
/// <param name="EmptinessDetail">If not: what was tried and seen.</param>
/// <param name="Usage">Figures by their names (Core: UsageFigures); -2 where the counter could not be read, absent where there is none.</param>
/// <param name="OutOfMemory">Processes that the kernel killed for want of memory; null when there were none.</param>
public sealed record TicketEnding(
    string How, int Value, string Cause, bool IsEmpty, string? EmptinessDetail, Dictionary<string, long> Usage, TicketOutOfMemory? OutOfMemory)
{
    /// <summary>Who says how it ended; null for cell-init.</summary>
    public string? Observer { get; init; }
}

/// <summary>What is known of a payload's processes that the kernel killed for want of memory.</summary>
/// <param name="Kills">How many.</param>
/// <param name="Limit">payload, job, host, unknown.</param>
/// <param name="IsMain">The main process is known to be one of them.</param>
/// <param name="Victims">Who; empty where nobody knows.</param>
public sealed record TicketOutOfMemory(long Kills, string Limit, bool IsMain, string Victims);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CellTicket))]
internal sealed partial class TicketJson : JsonSerializerContext;
