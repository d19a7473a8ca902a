using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>
/// Lets the calling thread open files with another account's rights, and nothing more: only the ids for file systems change, so
/// no process of that account can signal this one. The thread is of no use for anything else afterwards.
/// </summary>
public static unsafe class ThreadIdentity
{
    private const int CLONE_FS = 0x200;

    /// <summary>A working directory of this thread's own, the groups and file-system ids of the account, no capability.</summary>
    public static void BecomeForFiles(uint uid, uint gid, ImmutableArray<uint> groups)
    {
        Check("unshare", Raw.Call(Raw.SYS_unshare, CLONE_FS, 0, 0, 0, 0, 0));
        fixed (uint* first = groups.AsSpan())
            Check("setgroups", Raw.Call(Raw.SYS_setgroups, groups.Length, (nint)first, 0, 0, 0, 0));
        // These two report no errors (setfsuid(2)): asking again with an impossible id tells the one in force.
        _ = Raw.Call(Raw.SYS_setfsgid, (nint)gid, 0, 0, 0, 0, 0);
        _ = Raw.Call(Raw.SYS_setfsuid, (nint)uid, 0, 0, 0, 0, 0);
        if (Raw.Call(Raw.SYS_setfsgid, -1, 0, 0, 0, 0, 0) != (nint)gid || Raw.Call(Raw.SYS_setfsuid, -1, 0, 0, 0, 0, 0) != (nint)uid)
            throw new SyscallException("setfsuid", $"{uid}:{gid}", Errno.EPERM);
        Capabilities.KeepOnly(0);
    }

    /// <summary>
    /// Makes the calling thread wholly another account's, for good: whoever it connects to sees that account. For tests, which play a
    /// front or a pilot: the thread must end with that.
    /// </summary>
    internal static void BecomeWholly(uint uid, uint gid)
    {
        Check("setgroups", Raw.Call(Raw.SYS_setgroups, 0, 0, 0, 0, 0, 0));
        Check("setresgid", Raw.Call(Raw.SYS_setresgid, (nint)gid, (nint)gid, (nint)gid, 0, 0, 0));
        Check("setresuid", Raw.Call(Raw.SYS_setresuid, (nint)uid, (nint)uid, (nint)uid, 0, 0, 0));
    }

    private static void Check(string call, nint result)
    {
        if (result < 0)
            throw new SyscallException(call, "thread", *Raw.ErrnoLocation());
    }
}
