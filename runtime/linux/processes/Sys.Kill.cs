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

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillRaw(int pid, int signal);
}
