using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Read only (open(2), x86-64; likewise below).</summary>
    public const int O_RDONLY = 0;

    /// <summary>Write only.</summary>
    public const int O_WRONLY = 1;

    /// <summary>Read and write.</summary>
    public const int O_RDWR = 2;

    /// <summary>Create.</summary>
    public const int O_CREAT = 0x40;

    /// <summary>Fail when it exists.</summary>
    public const int O_EXCL = 0x80;

    /// <summary>No controlling terminal.</summary>
    public const int O_NOCTTY = 0x100;

    /// <summary>Truncate.</summary>
    public const int O_TRUNC = 0x200;

    /// <summary>Append.</summary>
    public const int O_APPEND = 0x400;

    /// <summary>Do not block.</summary>
    public const int O_NONBLOCK = 0x800;

    /// <summary>Only a directory.</summary>
    public const int O_DIRECTORY = 0x10000;

    /// <summary>Not through a symbolic link at the end.</summary>
    public const int O_NOFOLLOW = 0x20000;

    /// <summary>Close on exec; always set by <see cref="Open(Descriptor?, string, int, uint)"/>.</summary>
    public const int O_CLOEXEC = 0x80000;

    /// <summary>Only a place in the tree.</summary>
    public const int O_PATH = 0x200000;

    private const int AT_FDCWD = -100;

    /// <summary>Opens a path, relative to <paramref name="directory"/> or, when null, to the working directory.</summary>
    public static Descriptor Open(Descriptor? directory, string path, int flags, uint mode = 0)
        => TryOpen(directory, Encoding.UTF8.GetBytes(path), flags, mode, out int errno) ?? throw new SyscallException("open", path, errno);

    /// <summary>Opens a path given as bytes.</summary>
    /// <returns>Null, with the error number.</returns>
    public static unsafe Descriptor? TryOpen(Descriptor? directory, ReadOnlySpan<byte> path, int flags, uint mode, out int errno)
    {
        Span<byte> terminated = path.Length < 512 ? stackalloc byte[path.Length + 1] : new byte[path.Length + 1];
        path.CopyTo(terminated);
        terminated[path.Length] = 0;
        fixed (byte* first = terminated)
        {
            while (true)
            {
                int fd = OpenAtRaw(directory?.Number ?? AT_FDCWD, first, flags | O_CLOEXEC, mode);
                errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                    return fd < 0 ? null : new Descriptor(fd);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static unsafe partial int OpenAtRaw(int directory, byte* path, int flags, uint mode);
}
