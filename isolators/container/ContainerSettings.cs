using Isolation.Cells;
using Isolation.Images;

namespace Isolation.Isolators.Container;

/// <summary>What containers are like on this host; the site's, from the warden's own file.</summary>
/// <param name="Room">Their tree, where the image is the host itself.</param>
/// <param name="Ids">The host's ids of their own; null where the site has set none aside: no container can be built.</param>
/// <param name="Runtime">The OCI runtime that builds them; null for the first that works.</param>
/// <param name="Images">How much unpacked images may take.</param>
public sealed record ContainerSettings(PrivateRoomSettings Room, RoomIds? Ids, string? Runtime, StoreLimits Images);

/// <summary>
/// The host's ids that rooms have of their own (<c>accounts.rooms</c>). Each room takes the same number of them: the first is its cell-init's, which inside
/// is root, the second its payload's, uid and gid alike. The first room's are nobody's payload: where a payload has an account from elsewhere, its cell-init has
/// the first id; as the second, images are unpacked.
/// </summary>
/// <param name="First">The first id.</param>
/// <param name="Last">The last.</param>
/// <param name="PerRoom">How many one room takes.</param>
public sealed record RoomIds(uint First, uint Last, uint PerRoom)
{
    /// <summary>The id is a payload's: the second of a whole room that is not the first.</summary>
    public bool IsPayloads(uint uid) => uid >= (long)First + PerRoom && uid + (long)PerRoom - 2 <= Last && (uid - First) % PerRoom == 1;

    /// <summary>
    /// The payload's of the room that is lent after another's, or would be: they are lent in turn, from the first to the last and again.
    /// </summary>
    public uint After(uint uid) => IsPayloads(uid) && uid <= uint.MaxValue - PerRoom && IsPayloads(uid + PerRoom) ? uid + PerRoom : First + PerRoom + 1;

    /// <summary>As whom images are unpacked.</summary>
    public uint Unpacker => First + 1;

    /// <summary>The host's id of the cell-init beside a payload account.</summary>
    public uint ResidentOf(uint uid) => uid >= First && uid <= Last ? uid - 1 : First;
}
