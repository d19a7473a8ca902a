using System.Collections.Immutable;

namespace Isolation.Cells;

/// <summary>What private rooms are like on this host; the site's, from the warden's own file.</summary>
/// <param name="Writable">Places of the host's that stay writable.</param>
/// <param name="Hidden">Places of the host's that look empty.</param>
/// <param name="Binds">Places that are seen also where the room has something of its own, read-only.</param>
/// <param name="Devices">Nodes of /dev that are shown beside the usual ones.</param>
/// <param name="TemporaryBytes">The size of /tmp, and of /var/tmp.</param>
/// <param name="SharedMemoryBytes">The size of /dev/shm.</param>
/// <param name="WithoutNetwork">A network of its own, with a loopback device only; else its pilot's.</param>
/// <param name="NestedContainers">The payload may make user namespaces, and mount in them.</param>
public sealed record PrivateRoomSettings(
    ImmutableArray<string> Writable, ImmutableArray<string> Hidden, ImmutableArray<string> Binds, ImmutableArray<string> Devices,
    long TemporaryBytes, long SharedMemoryBytes, bool WithoutNetwork, bool NestedContainers)
{
    /// <inheritdoc/>
    public bool Equals(PrivateRoomSettings? other)
        => other is not null && Writable.SequenceEqual(other.Writable) && Hidden.SequenceEqual(other.Hidden) && Binds.SequenceEqual(other.Binds)
            && Devices.SequenceEqual(other.Devices)
            && (TemporaryBytes, SharedMemoryBytes, WithoutNetwork, NestedContainers)
                == (other.TemporaryBytes, other.SharedMemoryBytes, other.WithoutNetwork, other.NestedContainers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Writable.Length, Hidden.Length, TemporaryBytes, SharedMemoryBytes);
}
