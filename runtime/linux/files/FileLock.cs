using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>An exclusive lock of a file (flock(2)): one holder at a time, gone with its process.</summary>
public static partial class FileLock
{
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    /// <summary>Takes the lock; false when another open file holds it.</summary>
    public static bool TryTake(Descriptor file)
    {
        if (FLockRaw(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Errno.EAGAIN ? false : throw SyscallException.FromLastError("flock", "lock file");
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLockRaw(Descriptor fd, int operation);
}
