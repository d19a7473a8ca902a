namespace Isolation.Core;

/// <summary>What became of the start.</summary>
public abstract record StartResult
{
    private StartResult() { }

    /// <summary>The payload's first instruction has run.</summary>
    public sealed record Started(ProcessId Process) : StartResult;

    /// <summary>It was told to start, and whoever told it was gone before the answer: its ending says what came of it.</summary>
    public sealed record Unseen : StartResult;

    /// <summary>The client went before the start; nothing of the payload has run.</summary>
    public sealed record ClientGone : StartResult;

    /// <summary>A step between birth and exec failed; nothing of the payload has run.</summary>
    /// <param name="Step">The step's name, as mechanics.md section 2 lists them.</param>
    /// <param name="Errno">The kernel's answer.</param>
    public sealed record NotStarted(string Step, int Errno) : StartResult;
}
