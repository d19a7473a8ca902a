using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int PR_SET_DUMPABLE = 4;
    private const int PR_SET_NAME = 15;
    private const int PR_SET_CHILD_SUBREAPER = 36;
    private const int PR_SET_NO_NEW_PRIVS = 38;

    /// <summary>Closes this process's memory and /proc entries to every process without CAP_SYS_PTRACE.</summary>
    public static void SetNotDumpable() => Prctl(PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE");

    /// <summary>Makes orphans below this process its children.</summary>
    public static void SetChildSubreaper() => Prctl(PR_SET_CHILD_SUBREAPER, 1, "PR_SET_CHILD_SUBREAPER");

    /// <summary>No exec of this thread gains privileges any more.</summary>
    public static void SetNoNewPrivileges() => Prctl(PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS");

    /// <summary>The calling thread's name, of which 15 bytes count; of the main thread: the process's in ps.</summary>
    public static unsafe void SetName(ReadOnlySpan<byte> name)
    {
        byte* copy = stackalloc byte[16];
        name[..Math.Min(name.Length, 15)].CopyTo(new Span<byte>(copy, 15));
        Prctl(PR_SET_NAME, (nint)copy, "PR_SET_NAME");
    }

    private static void Prctl(int option, nint value, string what)
    {
        if (PrctlRaw(option, value, 0, 0, 0) != 0)
            throw SyscallException.FromLastError("prctl", what);
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int PrctlRaw(int option, nint a, nint b, nint c, nint d);
}
