using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int WNOHANG = 1;

    /// <summary>Takes the ending of one child that is over, without waiting.</summary>
    /// <param name="pid">The child, or -1 for any.</param>
    /// <param name="ending">In words: exit code or signal.</param>
    /// <returns>The child's pid, or null when none is over.</returns>
    public static unsafe int? TryReapChild(int pid, out string ending)
    {
        int status = 0;
        int reaped = WaitPidRaw(pid, &status, WNOHANG);
        ending = (status & 0x7f) == 0 ? $"exit code {(status >> 8) & 0xff}" : $"signal {status & 0x7f}";
        return reaped > 0 ? reaped : null;
    }

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static unsafe partial int WaitPidRaw(int pid, int* status, int options);
}
