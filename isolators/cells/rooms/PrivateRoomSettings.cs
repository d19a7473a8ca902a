using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Cells;

/// <summary>What private rooms are like on this host; the site's, from the warden's own file.</summary>
/// <param name="Writable">Places of the host's that stay writable.</param>
/// <param name="Hidden">Places of the host's that look empty.</param>
/// <param name="Binds">Places that are seen also where the room has something of its own, read-only.</param>
/// <param name="Devices">Nodes of /dev that are shown beside the usual ones.</param>
/// <param name="TemporaryBytes">The size of /tmp, and of /var/tmp.</param>
/// <param name="SharedMemoryBytes">The size of /dev/shm.</param>
/// <param name="Network">Their network.</param>
/// <param name="NestedContainers">The payload may make user namespaces, and mount in them.</param>
public sealed record PrivateRoomSettings(
    ImmutableArray<string> Writable, ImmutableArray<string> Hidden, ImmutableArray<string> Binds, ImmutableArray<string> Devices,
    long TemporaryBytes, long SharedMemoryBytes, RoomNetwork Network, bool NestedContainers)
{
    /// <summary>It is in a network namespace of its own.</summary>
    public bool HasOwnNetwork => Network != RoomNetwork.Pilot;

    /// <summary>What network that is to a payload.</summary>
    /// <param name="pilots">The pilot's namespace; null for the host's.</param>
    public CellNetwork NetworkOf(NamespaceId? pilots) => Network switch
    {
        RoomNetwork.None => CellNetwork.None,
        RoomNetwork.User => CellNetwork.User,
        _ => OfPilot(pilots),
    };

    /// <summary>What network a payload in its pilot's is in.</summary>
    /// <param name="pilots">The pilot's namespace; null for the host's.</param>
    public static CellNetwork OfPilot(NamespaceId? pilots) => pilots is null ? CellNetwork.Host : CellNetwork.Pilot;

    /// <inheritdoc/>
    public bool Equals(PrivateRoomSettings? other)
        => other is not null && Writable.SequenceEqual(other.Writable) && Hidden.SequenceEqual(other.Hidden) && Binds.SequenceEqual(other.Binds)
            && Devices.SequenceEqual(other.Devices)
            && (TemporaryBytes, SharedMemoryBytes, Network, NestedContainers)
                == (other.TemporaryBytes, other.SharedMemoryBytes, other.Network, other.NestedContainers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Writable.Length, Hidden.Length, TemporaryBytes, SharedMemoryBytes);
}
