using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>The payload's main process once it is let go: its signals, its end.</summary>
internal sealed class Payload(PidFd process, int pid, long startedAt) : IDisposable
{
    private const int SIGINT = 2;
    private const int SIGQUIT = 3;
    private const int SIGKILL = 9;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;
    private const int SIGTSTP = 20;
    private const int SIGWINCH = 28;

    internal int Number => process.Number;

    internal int Pid => pid;

    internal long StartedAt => startedAt;

    /// <summary>
    /// Sends a signal. What a terminal would send goes to the whole process group, the rest to the main process. TSTP goes as
    /// STOP: in a group without a session leader outside, the kernel discards TSTP.
    /// </summary>
    internal bool Signal(int signal) => signal switch
    {
        SIGTSTP => Sys.SignalGroup(pid, SIGSTOP),
        SIGINT or SIGQUIT or SIGCONT or SIGSTOP or SIGWINCH => Sys.SignalGroup(pid, signal),
        _ => process.Signal(signal),
    };

    /// <summary>How it ended, not reaped: its number still names its group.</summary>
    internal ChildEnd? End() => Sys.WaitFor(process, reap: false);

    /// <summary>Reaps it.</summary>
    internal void Reap() => _ = Sys.WaitFor(process, reap: true);

    public void Dispose() => process.Dispose();
}
