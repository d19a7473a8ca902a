using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>What verifying a ledger found.</summary>
public abstract record Verification
{
    private Verification() { }

    /// <summary>Every record is there, unaltered and in its place.</summary>
    /// <param name="Records">How many.</param>
    /// <param name="Segments">In how many files.</param>
    /// <param name="Head">The last one.</param>
    /// <param name="OpenPayloads">Payloads admitted and not ended.</param>
    /// <param name="VoidBytes">Bytes of writes that failed and were never acknowledged, left behind the end of a segment that was given up.</param>
    public sealed record Intact(long Records, int Segments, LedgerHead Head, IReadOnlyList<PayloadId> OpenPayloads, long VoidBytes) : Verification;

    /// <summary>Something is wrong; the first fault found.</summary>
    /// <param name="Segment">The file.</param>
    /// <param name="Line">The line in it, counted from 1.</param>
    /// <param name="What">What is wrong, and what that means.</param>
    public sealed record Broken(string Segment, long Line, string What) : Verification;
}
