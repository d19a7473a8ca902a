namespace Isolation.Core;

/// <summary>A payload that has entered its room and has not ended. Immutable but for its state, which only grows.</summary>
public sealed class RunningPayload
{
    private readonly TaskCompletionSource<PayloadResult> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ProcessIdBox? _process;
    private volatile Interference? _interference;
    private volatile PayloadResult? _result;

    /// <summary>One that has just entered.</summary>
    public RunningPayload(PayloadRequest request, Decision.Admit decision, Lease lease, Handle handle, ICell cell, DateTimeOffset entered)
        => (Request, Decision, Lease, Handle, HandleDigest, Cell, Entered) = (request, decision, lease, handle, handle.Digest(), cell, entered);

    /// <summary>One that an earlier run of the service admitted: known by its record, which has no handle but its digest.</summary>
    public RunningPayload(AdmittedRecord admitted, ICell cell, DateTimeOffset entered, ProcessId? process)
    {
        (Decision, Lease, HandleDigest, Cell, Entered) = (admitted.Decision, admitted.Lease, admitted.HandleDigest, cell, entered);
        Request = new PayloadRequest(admitted.Payload, admitted.Pilot, null, null, admitted.Command, [], admitted.WorkingDirectory, admitted.Decision.Limits, admitted.Tags)
        {
            Exchange = admitted.Exchange,
            IsDetached = admitted.IsDetached,
        };
        if (process is ProcessId main)
            MarkStarted(main);
    }

    /// <summary>What was asked.</summary>
    public PayloadRequest Request { get; }

    /// <summary>The decision that admits it.</summary>
    public Decision.Admit Decision { get; }

    /// <summary>Its account.</summary>
    public Lease Lease { get; }

    /// <summary>The client's proof that it is its own; null where only its digest is known.</summary>
    public Handle? Handle { get; }

    /// <summary>SHA-256 of the handle, hexadecimal.</summary>
    public string HandleDigest { get; }

    /// <summary>The cell, borrowed: the pipeline disposes it.</summary>
    public ICell Cell { get; }

    /// <summary>The directory that its client lends; null for none.</summary>
    public Loan? Loan { get; init; }

    /// <summary>When the room was entered.</summary>
    public DateTimeOffset Entered { get; }

    /// <summary>The main process, or null before the start.</summary>
    public ProcessId? Process => _process?.Value;

    /// <summary>The last signal that somebody else than its owner sent it; null when nobody did.</summary>
    public Interference? Interference => _interference;

    /// <summary>What came of it; null before that is on record.</summary>
    public PayloadResult? Result => _result;

    /// <summary>Completes when it is known to have started; of one that came to nothing never.</summary>
    public Task Started => _started.Task;

    /// <summary>Completes when it is on record what came of it.</summary>
    public Task<PayloadResult> Over => _over.Task;

    /// <summary>It is on record what came of it.</summary>
    public void MarkOver(PayloadResult result)
    {
        _result = result;
        _over.TrySetResult(result);
    }

    /// <summary>The start has happened.</summary>
    public void MarkStarted(ProcessId process)
    {
        _process = new ProcessIdBox(process);
        _started.TrySetResult();
    }

    /// <summary>An operator sent a signal: an ending by that signal is then told as one from outside.</summary>
    public void MarkSignalled(Interference interference) => _interference = interference;

    /// <summary>True for who may act on it as its owner: same uid, same batch job, and the handle.</summary>
    public bool BelongsTo(Pilot peer, string? shownHandle)
        => peer.Uid == Request.Pilot.Uid && peer.Job == Request.Pilot.Job && Core.Handle.IsOf(HandleDigest, shownHandle);

    private sealed record ProcessIdBox(ProcessId Value);
}

/// <summary>A signal from somebody else than the payload's owner.</summary>
/// <param name="Signal">Its number.</param>
/// <param name="Who">Who sent it, for the record.</param>
public sealed record Interference(int Signal, string Who);
