using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>What kind of file it is (S_IFMT of inode(7)).</summary>
public enum FileKind
{
    /// <summary>None of the others.</summary>
    Unknown = 0,

    /// <summary>Named or unnamed pipe.</summary>
    Fifo = 1,

    /// <summary>Character device.</summary>
    Character = 2,

    /// <summary>Directory.</summary>
    Directory = 4,

    /// <summary>Block device.</summary>
    Block = 6,

    /// <summary>Regular file.</summary>
    Regular = 8,

    /// <summary>Symbolic link.</summary>
    Link = 10,

    /// <summary>Socket.</summary>
    Socket = 12,
}

/// <summary>What statx(2) says of a file.</summary>
public readonly record struct FileStatus(
    FileKind Kind, uint Mode, uint Uid, uint Gid, long Size, long Inode, long Device, long DeviceOfNode, long ChangedNanoseconds)
{
    /// <summary>Blocks of 512 bytes that it takes.</summary>
    public long Blocks { get; init; }

    /// <summary>How many names it has.</summary>
    public uint Links { get; init; }
}

public static partial class Sys
{
    private const int AT_EMPTY_PATH = 0x1000;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_NO_AUTOMOUNT = 0x800;
    private const int AT_STATX_DONT_SYNC = 0x4000;
    private const uint STATX_TYPE = 1;
    private const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary>The kind of an open file, without a word to its server: a sleeping FUSE server cannot hold this up.</summary>
    public static FileKind KindOf(Descriptor fd) => Statx(fd, ""u8, AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, out int errno)?.Kind
        ?? throw new SyscallException("statx", "descriptor", errno);

    /// <summary>The kind of an open file and, for a device, its number; as <see cref="KindOf"/>, it asks no server.</summary>
    public static FileStatus CachedStatus(Descriptor fd) => Statx(fd, ""u8, AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, out int errno)
        ?? throw new SyscallException("statx", "descriptor", errno);

    /// <summary>The status of an open file; may block where its server does.</summary>
    public static FileStatus StatusOf(Descriptor fd) => Statx(fd, ""u8, AT_EMPTY_PATH, STATX_BASIC_STATS, out int errno)
        ?? throw new SyscallException("statx", "descriptor", errno);

    /// <summary>The status of a name in a directory, a symbolic link not followed.</summary>
    /// <returns>Null, with the error number.</returns>
    public static FileStatus? TryStatusAt(Descriptor? directory, ReadOnlySpan<byte> name, out int errno)
        => Statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, out errno);

    /// <summary>As <see cref="TryStatusAt"/>, from what the kernel knows: a mount whose server sleeps cannot hold this up, and none is triggered.</summary>
    /// <returns>Null, with the error number.</returns>
    public static FileStatus? TryCachedStatusAt(Descriptor? directory, ReadOnlySpan<byte> name, out int errno)
        => Statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, out errno);

    private static unsafe FileStatus? Statx(Descriptor? fd, ReadOnlySpan<byte> name, int flags, uint mask, out int errno)
    {
        StatxBuffer buffer = default;
        Span<byte> terminated = stackalloc byte[name.Length + 1];
        name.CopyTo(terminated);
        terminated[name.Length] = 0;
        fixed (byte* path = terminated)
        {
            bool failed = StatxRaw(fd?.Number ?? AT_FDCWD, path, flags, mask, &buffer) != 0;
            errno = failed ? Marshal.GetLastPInvokeError() : 0;
            if (failed)
                return null;
        }

        return new FileStatus(
            (FileKind)(buffer.Mode >> 12), buffer.Mode & 0xfffu, buffer.Uid, buffer.Gid, (long)buffer.Size, (long)buffer.Inode,
            ((long)buffer.DeviceMajor << 32) | buffer.DeviceMinor, ((long)buffer.NodeMajor << 32) | buffer.NodeMinor,
            (buffer.ChangedSeconds * 1_000_000_000) + buffer.ChangedNanoseconds) { Blocks = (long)buffer.Blocks, Links = buffer.Links };
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static unsafe partial int StatxRaw(int directory, byte* path, int flags, uint mask, StatxBuffer* buffer);

    // struct statx, linux/stat.h: 256 bytes.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(48)] public ulong Blocks;
        [FieldOffset(96)] public long ChangedSeconds;
        [FieldOffset(104)] public uint ChangedNanoseconds;
        [FieldOffset(128)] public uint NodeMajor;
        [FieldOffset(132)] public uint NodeMinor;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}
