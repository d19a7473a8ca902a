using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Makes a directory; the mode passes the umask.</summary>
    public static void MakeDirectory(string path, uint mode, bool orExisting)
    {
        if (!TryMakeDirectory(path, mode, out int errno) && !(orExisting && errno == Errno.EEXIST))
            throw new SyscallException("mkdir", path, errno);
    }

    /// <summary>Makes a directory; false with the error number.</summary>
    public static bool TryMakeDirectory(string path, uint mode, out int errno)
    {
        bool made = MkDirRaw(Encoding.UTF8.GetBytes(path + '\0'), mode) == 0;
        errno = made ? 0 : Marshal.GetLastPInvokeError();
        return made;
    }

    /// <summary>Removes an empty directory; false with the error number.</summary>
    public static bool TryRemoveDirectory(string path, out int errno)
    {
        bool removed = RmDirRaw(Encoding.UTF8.GetBytes(path + '\0')) == 0;
        errno = removed ? 0 : Marshal.GetLastPInvokeError();
        return removed;
    }

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    private static partial int MkDirRaw(ReadOnlySpan<byte> path, uint mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true)]
    private static partial int RmDirRaw(ReadOnlySpan<byte> path);
}
