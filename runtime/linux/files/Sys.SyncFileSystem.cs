using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Writes what the file system of an open file has in memory to its disk (syncfs(2)).</summary>
    /// <exception cref="SyscallException">Something could not be written.</exception>
    public static void SyncFileSystem(Descriptor file, string name)
    {
        if (SyncFsRaw(file) != 0)
            throw SyscallException.FromLastError("syncfs", name);
    }

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFsRaw(Descriptor fd);
}
