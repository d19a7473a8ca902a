namespace Isolation.Ledger;

/// <summary>How a ledger is kept. Checked when it is opened.</summary>
public sealed record LedgerOptions
{
    internal const int LeastSegment = 256 << 10;

    /// <summary>Bytes of one segment, preallocated. At least 256 KiB.</summary>
    public long SegmentSize { get; init; } = 16 << 20;

    /// <summary>A record that is not durable within this time fails its caller.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after a failed write the next one is tried.</summary>
    public TimeSpan RetryEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes kept free for the <c>started</c> and <c>ended</c> of each payload whose ending is not written. At least 10 KiB:
    /// both records are cut to fit into that.
    /// </summary>
    public int EndingSpace { get; init; } = 10 << 10;

    /// <summary>Refusals of one uid and cause are summed up over this time.</summary>
    public TimeSpan RefusalWindow { get; init; } = TimeSpan.FromMinutes(1);

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentSize, LeastSegment);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentSize, 1 << 30);
        ArgumentOutOfRangeException.ThrowIfLessThan(EndingSpace, 10 << 10);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(EndingSpace, SegmentSize / 4);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Deadline, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryEvery, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RefusalWindow, TimeSpan.Zero);
    }
}
