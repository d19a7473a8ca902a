using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>Thin wrappers of system calls, one file a function. Failures are <see cref="SyscallException"/>.</summary>
public static partial class Sys
{
    internal const int F_SETFD = 2;
    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int F_ADD_SEALS = 1033;
    internal const int F_GET_SEALS = 1034;

    internal static int Fcntl(SafeHandle fd, int command, int argument, string what)
    {
        int result = FcntlRaw(fd, command, argument);
        return result >= 0 ? result : throw SyscallException.FromLastError("fcntl", what);
    }

    /// <summary>The open file's status flags (F_GETFL); never touches the file's server.</summary>
    public static int StatusFlags(Descriptor fd) => Fcntl(fd, F_GETFL, 0, "status flags");

    /// <summary>Makes the open file non-blocking, or blocking.</summary>
    public static void SetNonBlocking(Descriptor fd, bool nonBlocking)
    {
        int flags = StatusFlags(fd);
        _ = Fcntl(fd, F_SETFL, nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK, "status flags");
    }

    /// <summary>Lets a descriptor survive exec, or not.</summary>
    public static void SetCloseOnExec(Descriptor fd, bool close) => _ = Fcntl(fd, F_SETFD, close ? 1 : 0, "close-on-exec");

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlRaw(SafeHandle fd, int command, nint argument);
}
