using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int F_GETFD = 1;
    private const int CloseOnExecNonBlockingEvent = 0x80800;

    /// <summary>
    /// Tells which of the descriptors 0, 1, 2 are open and puts /dev/null (an eventfd where there is none) in the place of the
    /// others, so that nothing this process opens later becomes one of its standard streams. To be called first of all.
    /// </summary>
    /// <returns>Bit n is set when descriptor n was open.</returns>
    public static unsafe byte PlugStandardStreams()
    {
        int open = 0;
        for (int fd = 0; fd < 3; fd++)
            open |= FcntlNumberRaw(fd, F_GETFD, 0) >= 0 ? 1 << fd : 0;
        if (open == 7)
            return 7;

        fixed (byte* path = "/dev/null\0"u8)
        {
            for (int closed = 3 - int.PopCount(open); closed > 0; closed--)
            {
                // The lowest free number is always one of the three.
                if (OpenAtRaw(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) < 0)
                    _ = EventFdNumberRaw(0, CloseOnExecNonBlockingEvent);
            }
        }

        return (byte)open;
    }

    /// <summary>True when the number names an open descriptor of this process.</summary>
    public static bool IsOpen(int number) => FcntlNumberRaw(number, F_GETFD, 0) >= 0;

    /// <summary>Puts another open file in the place of a standard stream; what was there is closed (dup2(2)).</summary>
    public static void ReplaceStandardStream(int stream, Descriptor by)
    {
        if (Dup3Raw(by, stream, O_CLOEXEC) < 0)
            throw SyscallException.FromLastError("dup3", $"stream {stream}");
    }

    /// <summary>A copy of a descriptor at a number that is the caller's to give, closed at exec; what was there is closed (dup3(2)).</summary>
    internal static void CopyTo(Descriptor source, int number)
    {
        if (Dup3Raw(source, number, O_CLOEXEC) < 0)
            throw SyscallException.FromLastError("dup3", $"number {number}");
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlNumberRaw(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFdNumberRaw(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "dup3", SetLastError = true)]
    private static partial int Dup3Raw(Descriptor old, int number, int flags);
}
