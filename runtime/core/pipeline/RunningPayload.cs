namespace Isolation.Core;

/// <summary>A payload that has entered its room and has not ended. Immutable but for its state, which only grows.</summary>
public sealed class RunningPayload(PayloadRequest request, Decision.Admit decision, Lease lease, Handle handle, ICell cell, DateTimeOffset entered)
{
    private volatile ProcessIdBox? _process;
    private volatile Interference? _interference;

    /// <summary>What was asked.</summary>
    public PayloadRequest Request { get; } = request;

    /// <summary>The decision that admits it.</summary>
    public Decision.Admit Decision { get; } = decision;

    /// <summary>Its account.</summary>
    public Lease Lease { get; } = lease;

    /// <summary>The client's proof that it is its own.</summary>
    public Handle Handle { get; } = handle;

    /// <summary>The cell, borrowed: the pipeline disposes it.</summary>
    public ICell Cell { get; } = cell;

    /// <summary>The directory that its client lends; null for none.</summary>
    public Loan? Loan { get; init; }

    /// <summary>When the room was entered.</summary>
    public DateTimeOffset Entered { get; } = entered;

    /// <summary>The main process, or null before the start.</summary>
    public ProcessId? Process => _process?.Value;

    /// <summary>The last signal that somebody else than its owner sent it; null when nobody did.</summary>
    public Interference? Interference => _interference;

    /// <summary>The start has happened.</summary>
    public void MarkStarted(ProcessId process) => _process = new ProcessIdBox(process);

    /// <summary>An operator sent a signal: an ending by that signal is then told as one from outside.</summary>
    public void MarkSignalled(Interference interference) => _interference = interference;

    /// <summary>True for who may act on it as its owner: same uid, same batch job, and the handle.</summary>
    public bool BelongsTo(Pilot peer, string? shownHandle)
        => peer.Uid == Request.Pilot.Uid && peer.Job == Request.Pilot.Job && Handle.Matches(shownHandle);

    private sealed record ProcessIdBox(ProcessId Value);
}

/// <summary>A signal from somebody else than the payload's owner.</summary>
/// <param name="Signal">Its number.</param>
/// <param name="Who">Who sent it, for the record.</param>
public sealed record Interference(int Signal, string Who);
