using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;

    /// <summary>Takes the exclusive lock of an open file, without waiting (flock(2)); it goes with the last descriptor.</summary>
    /// <returns>False when somebody else holds it.</returns>
    public static bool TryLock(Descriptor file)
    {
        if (FlockRaw(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Errno.EAGAIN ? false : throw SyscallException.FromLastError("flock", "lock file");
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FlockRaw(Descriptor fd, int operation);
}
