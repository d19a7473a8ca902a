using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Sends a signal to this process (kill(2) on its own pid): for SIGSTOP it returns when the process goes on.</summary>
    public static void SignalSelf(int signal)
    {
        if (KillRaw(GetPidRaw(), signal) != 0)
            throw SyscallException.FromLastError("kill", $"own process, signal {signal}");
    }

    [LibraryImport("libc", EntryPoint = "getpid")]
    private static partial int GetPidRaw();
}
