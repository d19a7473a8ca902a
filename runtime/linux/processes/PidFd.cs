using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>A process, held by descriptor: its number cannot come to mean another one (pidfd_open(2)).</summary>
public sealed partial class PidFd : Descriptor
{
    private const int SYS_pidfd_send_signal = 424;
    private const int SYS_pidfd_open = 434;

    /// <summary>Takes over a pidfd that the kernel has just given.</summary>
    public PidFd(int number) : base(number) { }

    /// <summary>Holds the process that has this number now; null, with the error number, when there is none.</summary>
    public static PidFd? TryOpen(int pid, out int errno)
    {
        nint fd = Syscall(SYS_pidfd_open, pid, 0, 0, 0, 0, 0);
        errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        return fd < 0 ? null : new PidFd((int)fd);
    }

    /// <summary>Sends a signal; false when the process is over.</summary>
    public bool Signal(int number)
    {
        if (Syscall(SYS_pidfd_send_signal, Number, number, 0, 0, 0, 0) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Errno.ESRCH ? false : throw SyscallException.FromLastError("pidfd_send_signal", $"signal {number}");
    }

    /// <summary>True once the process (its thread-group leader) is over: it can only ever change to true.</summary>
    public bool IsOver => Sys.Poll(this, PollEvents.In, 0) != PollEvents.None;

    /// <summary>The process's number; -1 once it has been reaped.</summary>
    public int Pid => InfoPid() ?? PidOf(this) ?? -1;

    /// <summary>The process's number, from this process's fdinfo; -1 once it has been reaped; null when the descriptor is no pidfd.</summary>
    public static int? PidOf(Descriptor fd)
    {
        using Descriptor info = Sys.Open(null, $"/proc/self/fdinfo/{fd.Number}", Sys.O_RDONLY);
        Span<byte> text = stackalloc byte[1024];
        int length = Sys.Read(info, text);
        foreach (string line in System.Text.Encoding.ASCII.GetString(text[..length]).Split('\n'))
        {
            if (line.StartsWith("Pid:", StringComparison.Ordinal))
                return int.Parse(line.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture);
        }

        return null;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
