using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>
/// Any system call by its number, for programs that ask what the kernel answers rather than to get something done: the probes of
/// separation. Everything else has a wrapper of its own.
/// </summary>
public static partial class KernelCall
{
    /// <summary>Makes the call; it may block.</summary>
    /// <returns>What the kernel returned; a failure is the error number below zero.</returns>
    public static nint Invoke(int number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        nint result = Syscall(number, a, b, c, d, e, f);
        return result == -1 ? -Marshal.GetLastPInvokeError() : result;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
