using System.Text.Json;
using System.Text.Json.Serialization;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>What is needed to find, prove and undo one room. A file of root's alone, written before anything is built.</summary>
public sealed record CellTicket
{
    /// <summary>
    /// The form that this program writes, and the newest that it reads. A member that an earlier program may overlook makes no new form; one without which it would do
    /// harm does.
    /// </summary>
    public const int NewestVersion = 1;

    /// <summary>The form of this record.</summary>
    public int Version { get; init; } = NewestVersion;

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

    /// <summary>The room's cell-init; null before it is noted, and at levels that have none.</summary>
    public ProcessStamp? CellInit { get; init; }

    /// <summary>The form of the messages that its cell-init speaks (<see cref="Isolation.Wire.ControlVersion"/>); null before it is known, and where there is none.</summary>
    public int? Control { get; init; }

    /// <summary>Its leaf: planned or made.</summary>
    public LeafPlan? Leaf { get; init; }

    /// <summary>The payload that entered.</summary>
    public Guid? Payload { get; init; }

    /// <summary>The digest of the stored image that the room shows, which stays as long as this names it; null where it shows none.</summary>
    public string? Image { get; init; }

    /// <summary>The payload account's uid.</summary>
    public uint? Uid { get; init; }

    /// <summary>The payload account's gid.</summary>
    public uint? Gid { get; init; }

    /// <summary>The payload was about to be started, or was: from here on it has an ending. Null before.</summary>
    public TicketStart? Start { get; init; }

    /// <summary>How it ended, kept until isolationd's record of it is durable.</summary>
    public TicketEnding? Ending { get; init; }

    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, TicketJson.Default.CellTicket);

    /// <summary>Reads one.</summary>
    /// <param name="json">The text.</param>
    /// <param name="why">If it is none that this program can act on: why.</param>
    public static CellTicket? TryRead(ReadOnlySpan<byte> json, out string why)
    {
        try
        {
            CellTicket? ticket = JsonSerializer.Deserialize(json, TicketJson.Default.CellTicket);
            why = ticket switch
            {
                null => "it is null",
                { Version: < 1 or > NewestVersion } => $"it is of version {ticket.Version}, and this warden reads up to {NewestVersion}",
                { Leaf: { } leaf } when leaf.V1.IsDefault || leaf.Jobs.IsDefault => "its leaf lacks members",
                { Secret: null } or { Start: { LeafInodes: null } or { Search: not { Places: not null } } } or { Ending: { How: null } or { Cause: null } or { Usage: null } } => "it lacks members",
                { Start: not null, Leaf: null } or { Start: not null, Payload: null } or { Start: not null, Uid: null } => "a payload was started without leaf, name or account",
                { Start: { } start, Leaf: { } leaf } when start.LeafInodes.Length != leaf.Directories.Length => "its leaf has another number of directories than inodes",
                _ => "",
            };
            return why.Length == 0 ? ticket : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            why = $"it is no ticket: {e.Message}";
            return null;
        }
    }
}

/// <summary>What another warden needs to know of a payload that may run. Written before it is told to start.</summary>
/// <param name="At">When, by the machine's monotonic clock (nanoseconds).</param>
/// <param name="LeafInodes">The inodes of its leaf's directories, in the order of <see cref="Isolation.Linux.Leaf.Directories"/>.</param>
/// <param name="Position">Where its leaf is.</param>
/// <param name="Holds">What holds there.</param>
/// <param name="Network">The network it is in.</param>
public sealed record TicketStart(long At, long[] LeafInodes, Position Position, PlacementProperties Holds, CellNetwork Network)
{
    /// <summary>The wall-clock limit.</summary>
    public TimeSpan? Wall { get; init; }

    /// <summary>The newest record of the kernel's log at the entry; null where it cannot be read.</summary>
    public long? LogMark { get; init; }

    /// <summary>Where what it leaves on the host is looked for.</summary>
    public TicketSearch Search { get; init; } = TicketSearch.Nowhere;

    /// <summary>At log-only: the client's child that is the payload.</summary>
    public ProcessStamp? Child { get; init; }

    /// <summary>At log-only: the client.</summary>
    public ProcessStamp? Client { get; init; }

    /// <summary>At log-only: why it is ended (as <see cref="TicketEnding.Cause"/>), written before it is killed; null where nobody has meant to.</summary>
    public string? EndedFor { get; init; }
}

/// <summary>Where on the host a payload can have left something.</summary>
/// <param name="Ipc">System V objects, which it shares with the host.</param>
/// <param name="Places">Directories in which it can make files.</param>
public sealed record TicketSearch(bool Ipc, string[] Places)
{
    /// <summary>It can have left nothing.</summary>
    public static readonly TicketSearch Nowhere = new(false, []);
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
/// <param name="Main">Whether the main process was one of them: main, others, not-known.</param>
/// <param name="Victims">Who; empty where nobody knows.</param>
public sealed record TicketOutOfMemory(long Kills, string Limit, string Main, string Victims);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CellTicket))]
internal sealed partial class TicketJson : JsonSerializerContext;
