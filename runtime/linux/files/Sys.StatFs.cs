using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>The magic number of an open file's file system (statfs(2)); may block where its server does.</summary>
    public static unsafe long FileSystemType(Descriptor fd)
    {
        long* buffer = stackalloc long[15]; // struct statfs, x86-64: 120 bytes, f_type first
        return FStatFsRaw(fd, buffer) == 0 ? buffer[0] : throw SyscallException.FromLastError("fstatfs", "descriptor");
    }

    /// <summary>The flags of the mount that an open file lies on.</summary>
    private static unsafe long FileSystemFlags(Descriptor fd)
    {
        long* buffer = stackalloc long[15]; // f_flags is the eleventh
        return FStatFsRaw(fd, buffer) == 0 ? buffer[10] : throw SyscallException.FromLastError("fstatfs", "descriptor");
    }

    [LibraryImport("libc", EntryPoint = "fstatfs64", SetLastError = true)]
    private static unsafe partial int FStatFsRaw(Descriptor fd, long* buffer);
}
