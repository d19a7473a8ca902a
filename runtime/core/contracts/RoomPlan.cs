using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>What a room must be; rooms of equal <see cref="RoomKey"/> and account are interchangeable.</summary>
/// <param name="Cell">The name the room and its cell bear on this host.</param>
/// <param name="Key">What makes the room fit a payload.</param>
/// <param name="Client">Borrowed until the room is built: the client's pidfd, in whose network namespace the room will be. Null for the host's.</param>
public sealed record RoomPlan(CellId Cell, RoomKey Key, SafeHandle? Client)
{
    /// <summary>The image asked for, where this side knows no more of it; null for the host's tree.</summary>
    public AllowedImage? Image { get; init; }

    /// <summary>The account that is to enter. Of a room built ahead: null where any may.</summary>
    public UserId? Account { get; init; }
}

/// <summary>What makes a room fit a payload.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Kind">For setuid <c>classic</c> or <c>private</c>, for container <c>oci</c>.</param>
public sealed record RoomKey(Level Level, string Kind)
{
    /// <summary>The kind of setuid room that has namespaces of its own.</summary>
    public const string Private = "private";

    /// <summary>The kind of container that an OCI runtime builds.</summary>
    public const string Oci = "oci";

    /// <summary>What it shows as its tree; null for the host's.</summary>
    public RoomImage? Image { get; init; }

    /// <summary>The room has a pid namespace or a machine of its own: with its first process all of it ends.</summary>
    public bool HasOwnProcesses => Level switch { Level.LogOnly => false, Level.Setuid => Kind == Private, _ => true };

    /// <summary>The room has mounts of its own, among which a directory that a pilot lends can be shown.</summary>
    public bool ShowsLentDirectories => (Level, Kind) is (Level.Setuid, Private) or (Level.Container, Oci);

    /// <summary>
    /// The client's network namespace, where it is another than the host's. Read by the warden, which the kernel lets look: a front's plan
    /// has none, and names the client.
    /// </summary>
    public NamespaceId? Network { get; init; }
}
