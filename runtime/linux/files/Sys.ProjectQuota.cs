using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>What a project may hold at most, and holds now; 0 for no limit (quotactl(2)).</summary>
public readonly record struct ProjectQuota(long Bytes, long Files, long BytesHeld, long FilesHeld);

public static partial class Sys
{
    private const int SYS_quotactl_fd = 443;
    private const int PRJQUOTA = 2;
    private const int Q_XGETQUOTA = 0x5803;
    private const int Q_XSETQLIM = 0x5804;
    private const int Q_XGETQSTATV = 0x5808;
    private const ushort FS_QUOTA_PDQ_ENFD = 1 << 5;
    private const ushort FS_DQ_IHARD = 2;
    private const ushort FS_DQ_BHARD = 8;
    private const int BasicBlock = 512;
    private const uint FS_IOC_FSGETXATTR = 0x801c581f;
    private const uint FS_IOC_FSSETXATTR = 0x401c5820;
    private const uint FS_XFLAG_PROJINHERIT = 0x200;

    /// <summary>True where the file system of a descriptor enforces limits of projects.</summary>
    /// <returns>False with the error number, or with 0 where it only counts.</returns>
    public static unsafe bool EnforcesProjectQuota(Descriptor place, out int errno)
    {
        QuotaState state = new() { Version = 1 };
        errno = Quota(place, Q_XGETQSTATV, 0, &state);
        return errno == 0 && (state.Flags & FS_QUOTA_PDQ_ENFD) != 0;
    }

    /// <summary>The limits of a project, and what it holds; null with the error number, ENOENT where it has neither.</summary>
    public static unsafe ProjectQuota? TryProjectQuota(Descriptor place, uint project, out int errno)
    {
        QuotaBlock block = default;
        errno = Quota(place, Q_XGETQUOTA, project, &block);
        return errno == 0
            ? new ProjectQuota((long)block.BlockHardLimit * BasicBlock, (long)block.FileHardLimit, (long)block.Blocks * BasicBlock, (long)block.Files)
            : null;
    }

    /// <summary>Sets the limits of a project; 0 for none.</summary>
    /// <returns>0, or the error number.</returns>
    public static unsafe int TrySetProjectQuota(Descriptor place, uint project, long bytes, long files)
    {
        QuotaBlock block = new()
        {
            Version = 1,
            Flags = 2, // FS_PROJ_QUOTA
            Fields = FS_DQ_IHARD | FS_DQ_BHARD,
            Id = project,
            BlockHardLimit = (ulong)((bytes + BasicBlock - 1) / BasicBlock),
            FileHardLimit = (ulong)files,
        };
        return Quota(place, Q_XSETQLIM, project, &block);
    }

    /// <summary>Makes a directory, and all that will be made in it, part of a project.</summary>
    /// <returns>0, or the error number.</returns>
    public static unsafe int TrySetProject(Descriptor directory, uint project)
    {
        FileAttributes attributes = default;
        if (IoctlRaw(directory, FS_IOC_FSGETXATTR, &attributes) != 0)
            return Marshal.GetLastPInvokeError();
        attributes.Flags |= FS_XFLAG_PROJINHERIT;
        attributes.Project = project;
        return IoctlRaw(directory, FS_IOC_FSSETXATTR, &attributes) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>The project of an open file, and whether what is made in it becomes part of it; null where the file system has no projects.</summary>
    public static unsafe (uint Project, bool Inherits)? TryProjectOf(Descriptor file)
    {
        FileAttributes attributes = default;
        return IoctlRaw(file, FS_IOC_FSGETXATTR, &attributes) == 0 ? (attributes.Project, (attributes.Flags & FS_XFLAG_PROJINHERIT) != 0) : null;
    }

    private static unsafe int Quota(Descriptor place, int command, uint id, void* data)
        => SyscallRaw(SYS_quotactl_fd, place.Number, (command << 8) | PRJQUOTA, (nint)id, (nint)data, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int IoctlRaw(Descriptor fd, nuint request, void* argument);

    // struct fs_quota_statv, linux/dqblk_xfs.h: 160 bytes.
    [StructLayout(LayoutKind.Explicit, Size = 160)]
    internal struct QuotaState
    {
        [FieldOffset(0)] public sbyte Version;
        [FieldOffset(2)] public ushort Flags;
    }

    // struct fs_disk_quota, linux/dqblk_xfs.h: 112 bytes.
    [StructLayout(LayoutKind.Explicit, Size = 112)]
    internal struct QuotaBlock
    {
        [FieldOffset(0)] public sbyte Version;
        [FieldOffset(1)] public sbyte Flags;
        [FieldOffset(2)] public ushort Fields;
        [FieldOffset(4)] public uint Id;
        [FieldOffset(8)] public ulong BlockHardLimit;
        [FieldOffset(16)] public ulong BlockSoftLimit;
        [FieldOffset(24)] public ulong FileHardLimit;
        [FieldOffset(32)] public ulong FileSoftLimit;
        [FieldOffset(40)] public ulong Blocks;
        [FieldOffset(48)] public ulong Files;
    }

    // struct fsxattr, linux/fs.h: 28 bytes.
    [StructLayout(LayoutKind.Explicit, Size = 28)]
    internal struct FileAttributes
    {
        [FieldOffset(0)] public uint Flags;
        [FieldOffset(12)] public uint Project;
    }
}
