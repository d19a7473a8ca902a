using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Signals every process of a group whose leader is not yet reaped, so that the number cannot mean another.</summary>
    /// <returns>False when nobody is left in it.</returns>
    public static bool SignalGroup(int leader, int signal)
    {
        if (KillRaw(-leader, signal) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Errno.ESRCH ? false : throw SyscallException.FromLastError("kill", $"group {leader}, signal {signal}");
    }

    /// <summary>Signals every process that the caller's pid namespace shows, but the caller and the first of the namespace (kill(2)).</summary>
    /// <returns>False when there is none.</returns>
    public static bool SignalEverybodyElse(int signal)
    {
        if (KillRaw(-1, signal) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Errno.ESRCH ? false : throw SyscallException.FromLastError("kill", $"everybody, signal {signal}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillRaw(int pid, int signal);
}
