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
    private readonly Descriptor _report;
    private bool _isLetGo;

    internal PreparedChild(PidFd process, int pid, Descriptor leave, Descriptor report) => (_process, Pid, _leave, _report) = (process, pid, leave, report);

    /// <summary>Its number. Not to be reaped before <see cref="LetGo"/> or <see cref="Dispose"/>.</summary>
    public int Pid { get; }

    /// <summary>Lets it go, once, and waits until it has executed its program or failed, maybe at a step before.</summary>
    /// <param name="deadline">How long it may take: a process of the same account can stop the child half-way.</param>
    public ChildResult LetGo(TimeSpan deadline)
    {
        _isLetGo = true;
        _ = Sys.TryWrite(_leave, [1], out _); // one that is over already has said why, or is seen to have been killed
        _leave.Dispose();
        using (_report)
            return Child.Outcome(_report, _process, Pid, deadline);
    }

    /// <summary>One that was not let go is killed; who reaps its process's children reaps it.</summary>
    public void Dispose()
    {
        if (_isLetGo)
            return;
        _process.Signal(SIGKILL);
        _process.Dispose();
        _leave.Dispose();
        _report.Dispose();
    }
}
