using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>A pipe, both ends close-on-exec.</summary>
    public static unsafe (Descriptor Read, Descriptor Write) Pipe()
    {
        int* ends = stackalloc int[2];
        return Pipe2Raw(ends, O_CLOEXEC) == 0
            ? (new Descriptor(ends[0]), new Descriptor(ends[1]))
            : throw SyscallException.FromLastError("pipe2", "");
    }

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static unsafe partial int Pipe2Raw(int* ends, int flags);
}
