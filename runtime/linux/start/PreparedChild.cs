namespace Isolation.Linux;

/// <summary>
/// A child that has everything of its own but its program: it waits to be let go, and is over when its parent is, or when this is disposed before.
/// Nothing of the program has run.
/// </summary>
public sealed class PreparedChild : IDisposable
{
    private const int SIGKILL = 9;
    private readonly PidFd _process;
    private readonly Descriptor _leave;
    private readonly Descriptor _wait; // its end of the same pipe: what is still in there it has not taken
    private readonly Descriptor _report;
    private bool _isLetGo;

    internal PreparedChild(PidFd process, int pid, (Descriptor Wait, Descriptor Leave) pipe, Descriptor report)
        => (_process, Pid, _wait, _leave, _report) = (process, pid, pipe.Wait, pipe.Leave, report);

    /// <summary>Its number. Not to be reaped before <see cref="LetGo"/> or <see cref="Dispose"/>.</summary>
    public int Pid { get; }

    /// <summary>Lets it go, once, and waits until it has executed its program or failed, maybe at a step before.</summary>
    /// <param name="deadline">How long it may take: a process of the same account can stop the child half-way.</param>
    public ChildResult LetGo(TimeSpan deadline)
    {
        _isLetGo = true;
        _ = Sys.Write(_leave, [1]);
        using (_leave)
        using (_wait)
        using (_report)
        {
            ChildResult result = Child.Outcome(_report, _process, Pid, deadline);
            bool hasLeave = Sys.Poll(_wait, PollEvents.In, 0) == PollEvents.None;
            return hasLeave || result is ChildResult.Failed ? result : Child.Failed(_process, ChildSteps.Leave, Errno.ESRCH); // it was killed, and has said nothing
        }
    }

    /// <summary>One that was not let go is killed; who reaps its process's children reaps it.</summary>
    public void Dispose()
    {
        if (_isLetGo)
            return;
        _process.Signal(SIGKILL);
        _ = Sys.WaitFor(_process, reap: true); // one that was over before: nobody is told of it again
        _process.Dispose();
        _leave.Dispose();
        _wait.Dispose();
        _report.Dispose();
    }
}
