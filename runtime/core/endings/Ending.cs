namespace Isolation.Core;

/// <summary>How a payload ended. A failure of the sandbox is never reported as one of the payload.</summary>
public abstract record Ending
{
    private Ending() { }

    /// <summary>The main process returned this code.</summary>
    public sealed record Exited(int Code) : Ending;

    /// <summary>The main process died of this signal, which no limit and nobody of the service sent.</summary>
    public sealed record Signaled(int Signal) : Ending;

    /// <summary>The wall-clock limit passed.</summary>
    public sealed record TimedOut(TimeSpan Limit) : Ending;

    /// <summary>The kernel killed the main process for want of memory.</summary>
    /// <param name="Limit">Whose limit it was.</param>
    /// <param name="Victim">Who was killed, as the kernel's log says; empty where it does not.</param>
    public sealed record OutOfMemory(MemoryLimit Limit, string Victim) : Ending;

    /// <summary>The client is gone, and its payload was ended.</summary>
    public sealed record Abandoned : Ending;

    /// <summary>Ended by an operator; the evidence names who.</summary>
    public sealed record KilledFromOutside(string Evidence) : Ending;

    /// <summary>Policy, or a check before the start, said no.</summary>
    public sealed record Refused(string Rule, string Why, string Fix) : Ending;

    /// <summary>Too much at once; try again after that time.</summary>
    public sealed record Busy(string Cause, TimeSpan RetryAfter) : Ending;

    /// <summary>The service cannot run it now.</summary>
    public sealed record Unavailable(string Cause, string Fix, bool PilotMayRun) : Ending;

    /// <summary>A step of the sandbox failed before the payload's first instruction.</summary>
    public sealed record SetupFailed(string Step, string Cause, string? Undo) : Ending;

    /// <summary>How it ended is not known.</summary>
    public sealed record Lost(string Evidence) : Ending;
}
