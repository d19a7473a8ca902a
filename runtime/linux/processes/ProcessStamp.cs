using System.Globalization;

namespace Isolation.Linux;

/// <summary>A process by its number and its start: numbers are used again, both together name one process for as long as the machine runs.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTime">Its start, in clock ticks after boot (proc_pid_stat(5), field 22).</param>
public sealed record ProcessStamp(int Pid, ulong StartTime)
{
    private const int StartTimeField = 22;

    /// <summary>That of a process that is held; null when it has been reaped.</summary>
    public static ProcessStamp? Of(PidFd process) => process.Pid is int pid and > 0 && StartOf(pid) is ulong start && process.Pid == pid
        ? new ProcessStamp(pid, start)
        : null;

    /// <summary>Holds that process; null when it is not there any more.</summary>
    /// <exception cref="SyscallException">Whether it is cannot be seen.</exception>
    public PidFd? Find()
    {
        if (PidFd.TryOpen(Pid, out int errno) is not PidFd found)
            return errno == Errno.ESRCH ? null : throw new SyscallException("pidfd_open", $"{Pid}", errno);
        if (StartOf(Pid) == StartTime)
            return found; // held before it was looked at: the number cannot have become another's in between
        found.Dispose();
        return null;
    }

    /// <summary>The start in a text of /proc/PID/stat. The name in field 2 may hold blanks and parentheses.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static ulong StartTimeIn(string stat)
    {
        int nameEnd = stat.LastIndexOf(')');
        string[] fields = nameEnd < 0 ? [] : stat[(nameEnd + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int index = StartTimeField - 3; // fields[0] is field 3
        return fields.Length > index && ulong.TryParse(fields[index], NumberStyles.None, CultureInfo.InvariantCulture, out ulong ticks)
            ? ticks
            : throw new FormatException("/proc/PID/stat has no field 22");
    }

    private static ulong? StartOf(int pid)
    {
        try
        {
            return StartTimeIn(KernelFile.Text(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat")));
        }
        catch (SyscallException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            return null; // over meanwhile
        }
    }
}
