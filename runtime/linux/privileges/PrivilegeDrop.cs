using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>
/// Gives up root on the calling thread alone, with raw system calls; an exec by the same thread then makes it hold for the whole
/// process (capabilities(7), credentials(7)). Without that exec the other threads keep what they have.
/// </summary>
public static partial class PrivilegeDrop
{
    private const int SYS_setgroups = 116;
    private const int SYS_setresuid = 117;
    private const int SYS_setresgid = 119;
    private const int SYS_prctl = 157;
    private const int PR_CAPBSET_DROP = 24;
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const int PR_CAP_AMBIENT = 47;
    private const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /// <summary>
    /// Bounding set emptied, groups to <paramref name="gid"/> alone, gid, uid, every capability set emptied, no_new_privs. The order
    /// is the only one that works: the bounding set needs CAP_SETPCAP, which goes with uid 0.
    /// </summary>
    public static unsafe void To(uint uid, uint gid)
    {
        for (int capability = 0; capability <= Capabilities.Last; capability++)
            Call("prctl", $"PR_CAPBSET_DROP {capability}", SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0);

        uint group = gid;
        Call("setgroups", $"{gid}", SYS_setgroups, 1, (nint)(&group), 0, 0);
        Call("setresgid", $"{gid}", SYS_setresgid, (nint)gid, (nint)gid, (nint)gid, 0);
        Call("setresuid", $"{uid}", SYS_setresuid, (nint)uid, (nint)uid, (nint)uid, 0);

        // Leaving uid 0 empties them unless a securebit says otherwise; this holds in every case.
        Call("prctl", "PR_CAP_AMBIENT_CLEAR_ALL", SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0);
        Capabilities.KeepOnly(0);
        Call("prctl", "PR_SET_NO_NEW_PRIVS", SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
    }

    private static void Call(string call, string operand, nint number, nint a, nint b, nint c, nint d)
    {
        if (Syscall(number, a, b, c, d, 0, 0) < 0)
            throw SyscallException.FromLastError(call, operand);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
