using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>What a record means for the space that the ledger keeps.</summary>
internal enum RecordKind
{
    /// <summary>May use no space that is kept for endings.</summary>
    General,

    /// <summary>Written only together with space for its ending.</summary>
    Admission,

    /// <summary>Uses a part of its admission's space.</summary>
    Start,

    /// <summary>Uses the rest of it.</summary>
    Ending,

    /// <summary>One of a few told at opening: uses the slack that is kept besides.</summary>
    Notice,
}

/// <summary>Where a record is on its way; changed only under the ledger's lock.</summary>
internal enum RecordState
{
    /// <summary>Waits for the writer.</summary>
    Queued,

    /// <summary>The writer has it.</summary>
    InFlight,

    /// <summary>Durable, or failed for good.</summary>
    Finished,
}

/// <summary>One record on its way to the disk. Owns its buffer until it is finished.</summary>
internal sealed class PendingRecord(string type, PayloadId? payload, RecordKind kind, RecordBuffer body, bool awaited)
{
    public string Type { get; } = type;

    public PayloadId? Payload { get; } = payload;

    public RecordKind Kind { get; } = kind;

    public RecordBuffer Body { get; } = body;

    /// <summary>The members of its body.</summary>
    public ReadOnlySpan<byte> Members => Body.Members;

    /// <summary>Completed with the sequence number; null when nobody waits. Continuations never run on the writer's thread.</summary>
    public TaskCompletionSource<long>? Done { get; } = awaited ? new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously) : null;

    /// <summary>Called, under the ledger's lock, when a record that nobody waits for cannot be written.</summary>
    public Action? Lost { get; init; }

    public DateTimeOffset Time { get; set; }

    /// <summary>Nanoseconds since boot.</summary>
    public long Monotonic { get; set; }

    public RecordState State { get; set; }

    /// <summary>The caller has given up: an admission that becomes durable all the same is ended by the ledger itself.</summary>
    public bool IsWithdrawn { get; set; }

    /// <summary>Its number, once written.</summary>
    public long Sequence { get; set; }
}
