using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>What the kernel tells of a process that is over to somebody who is not its parent.</summary>
/// <param name="Status">As wait(2) tells it: exit code in the second byte, signal in the lowest seven bits.</param>
/// <param name="Cgroup">The id of the cgroup of the v2 hierarchy that it was in when it ended: that directory's inode.</param>
public readonly record struct ExitInfo(int Status, ulong Cgroup)
{
    /// <summary>True for an exit code, false for a signal.</summary>
    public bool IsExit => (Status & 0x7f) == 0;

    /// <summary>The code or the signal.</summary>
    public int Value => IsExit ? (Status >> 8) & 0xff : Status & 0x7f;
}

public partial class PidFd
{
    private const nuint PIDFD_GET_INFO = 0xc040ff0b; // _IOWR(0xff, 11, struct pidfd_info), its first version of 64 bytes
    private const ulong PIDFD_INFO_PID = 1 << 0;
    private const ulong PIDFD_INFO_CGROUPID = 1 << 2;
    private const ulong PIDFD_INFO_EXIT = 1 << 3;

    /// <summary>
    /// How the process ended, once its parent has collected it; null before that, where the kernel does not tell (before Linux 6.15), and for who
    /// took hold of it only afterwards.
    /// </summary>
    public unsafe ExitInfo? Exit()
    {
        ProcessInfo info = new() { Mask = PIDFD_INFO_CGROUPID | PIDFD_INFO_EXIT };
        return IoctlRaw(this, PIDFD_GET_INFO, &info) == 0 && (info.Mask & PIDFD_INFO_EXIT) != 0 ? new ExitInfo(info.ExitStatus, info.Cgroup) : null;
    }

    // Null where the kernel does not tell (before Linux 6.13).
    private unsafe int? InfoPid()
    {
        ProcessInfo info = new() { Mask = PIDFD_INFO_PID };
        if (IoctlRaw(this, PIDFD_GET_INFO, &info) == 0)
            return (info.Mask & PIDFD_INFO_PID) != 0 && info.Group > 0 ? info.Group : null;
        return Marshal.GetLastPInvokeError() == Errno.ESRCH ? -1 : null;
    }

    // struct pidfd_info, linux/pidfd.h
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct ProcessInfo
    {
        [FieldOffset(0)] public ulong Mask;
        [FieldOffset(8)] public ulong Cgroup;
        [FieldOffset(20)] public int Group;
        [FieldOffset(60)] public int ExitStatus;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int IoctlRaw(Descriptor fd, nuint request, ProcessInfo* info);
}
