using System.Text;

namespace Isolation.Linux;

/// <summary>What matters of a cgroup's directory.</summary>
/// <param name="Uid">Its owner.</param>
/// <param name="Gid">Its group.</param>
/// <param name="Mode">Its permissions.</param>
/// <param name="Device">The hierarchy's file system.</param>
/// <param name="Inode">The kernel's id of the cgroup; never given twice while the host is up.</param>
public readonly record struct CgroupDirectory(uint Uid, uint Gid, uint Mode, long Device, long Inode)
{
    private const uint OthersMayWrite = 0x2;
    private const uint GroupMayWrite = 0x10;

    /// <summary>True when nobody but root can make, rename or remove a cgroup in it.</summary>
    public bool IsRootsAlone => Uid == 0 && (Mode & OthersMayWrite) == 0 && ((Mode & GroupMayWrite) == 0 || Gid == 0);

    /// <summary>Looks at a directory; null when it is not there, or is none.</summary>
    public static CgroupDirectory? Look(string path)
        => Sys.TryCachedStatusAt(null, Encoding.UTF8.GetBytes(path), out _) is { Kind: FileKind.Directory } status
            ? new CgroupDirectory(status.Uid, status.Gid, status.Mode, status.Device, status.Inode)
            : null;
}
