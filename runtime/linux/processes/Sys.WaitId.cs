using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>How a child ended, as waitid(2) tells it.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="IsExit">True for an exit code, false for a signal.</param>
/// <param name="Value">The code or the signal.</param>
public readonly record struct ChildEnd(int Pid, bool IsExit, int Value);

public static partial class Sys
{
    private const int P_ALL = 0;
    private const int P_PID = 1;
    private const int P_PIDFD = 3;
    private const int WEXITED = 4;
    private const int WNOHANG = 1;
    private const int WNOWAIT = 0x01000000;
    private const int CLD_EXITED = 1;

    /// <summary>The end of a child of this process, or null while it lives. Reaped only where asked.</summary>
    public static ChildEnd? WaitFor(PidFd child, bool reap) => WaitId(P_PIDFD, child.Number, reap);

    /// <summary>Some child that has ended, not reaped, or null when there is none.</summary>
    public static ChildEnd? AnyEndedChild() => WaitId(P_ALL, 0, reap: false);

    /// <summary>Reaps a child by its number; it must not have been reaped.</summary>
    public static void Reap(int pid) => _ = WaitId(P_PID, pid, reap: true);

    private static unsafe ChildEnd? WaitId(int type, int id, bool reap)
    {
        SignalInfo info = default;
        while (WaitIdRaw(type, id, &info, WEXITED | WNOHANG | (reap ? 0 : WNOWAIT)) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.ECHILD)
                return null;
            if (errno != Errno.EINTR)
                throw new SyscallException("waitid", $"{type}:{id}", errno);
        }

        return info.Pid == 0 ? null : new ChildEnd(info.Pid, info.Code == CLD_EXITED, info.Status);
    }

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static unsafe partial int WaitIdRaw(int type, int id, SignalInfo* info, int options);

    // siginfo_t for SIGCHLD, x86-64: 128 bytes.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct SignalInfo
    {
        [FieldOffset(8)] public int Code;
        [FieldOffset(16)] public int Pid;
        [FieldOffset(24)] public int Status;
    }
}
