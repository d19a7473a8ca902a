namespace Isolation.Cells;

/// <summary>Where things are in a private room: the same in every room, so that a room can be built before anybody knows who will enter it.</summary>
/// <param name="Base">The service's run directory, which in a room holds only what is named here.</param>
internal sealed record RoomPlaces(string Base)
{
    /// <summary>What a room has of its own instead of the host's.</summary>
    internal static readonly string[] Replaced = ["/tmp", "/var/tmp", "/dev/shm"];

    /// <summary>The directories that every room has below <see cref="Base"/>.</summary>
    internal static readonly string[] Names = ["scratch", "etc", "lent"];

    /// <summary>The payload's scratch.</summary>
    internal string Scratch => $"{Base}/scratch";

    /// <summary>The account's entries in passwd and group.</summary>
    internal string AccountFiles => $"{Base}/etc";

    /// <summary>A directory that the pilot lent.</summary>
    internal string Lent => $"{Base}/lent";

    /// <summary>The place of a room's own that a path lies in, and the rest of the path; null for a path of the host's.</summary>
    internal static (string Place, string Below)? InReplaced(string path)
        => Replaced.FirstOrDefault(place => path.StartsWith(place + "/", StringComparison.Ordinal)) is string place ? (place, path[(place.Length + 1)..]) : null;
}
