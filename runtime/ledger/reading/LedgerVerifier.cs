using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// Verifies a ledger: each line against its own hash, the chain, the numbers, the order of segments, and that each payload is
/// admitted once and ended at most once. Works on a copy, and while the ledger is being written.
/// One thing cannot be told from the ledger alone: that records were cut off its very end, at the border between two; the same is true
/// of a chain rewritten as a whole. A head that was kept elsewhere tells both.
/// </summary>
public static class LedgerVerifier
{
    private const int Patience = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Reads everything and says what it found.</summary>
    /// <param name="directory">The ledger's directory.</param>
    /// <param name="expectedHead">A head seen earlier, or null: the chain must pass through it.</param>
    /// <exception cref="IOException">A segment cannot be read.</exception>
    public static Verification Verify(string directory, LedgerHead? expectedHead = null)
    {
        var walk = new ChainWalk(expectedHead);
        int segments = 0;
        long voidBytes = 0;
        foreach (ListedSegment segment in SegmentList.In(directory))
        {
            segments++;
            if (VerifySegment(segment, directory, walk, out long unused) is { } broken)
                return broken;
            voidBytes += unused;
        }

        return walk.Finish() is { } cut
            ? cut
            : new Verification.Intact(walk.Head.Sequence, segments, walk.Head.ToHead(), [.. walk.Open.OrderBy(entry => entry.Value).Select(entry => entry.Key)], voidBytes);
    }

    private static Verification.Broken? VerifySegment(ListedSegment segment, string directory, ChainWalk walk, out long voidBytes)
    {
        voidBytes = 0;
        walk.Enter(segment);
        string path = segment.Name.PathIn(directory);
        long position = 0;
        for (int attempt = 0; ; attempt++)
        {
            using var scanner = new SegmentScanner(path, segment.Bytes ?? long.MaxValue, position);
            while (scanner.Next())
            {
                if (walk.Next(scanner.Line) is { } fault)
                    return fault;
                attempt = 0;
            }

            position = scanner.Position;
            SegmentTail tail = scanner.ReadTail();
            if (!segment.IsLast)
            {
                voidBytes = tail.Written;
                return walk.Leave(position);
            }

            if (tail.Written == 0)
                return walk.Leave(position);
            if (attempt == Patience)
            {
                return walk.Broken("it is not a whole line: a crash that the next opening of the ledger will tell of, or the ledger's end was cut");
            }

            // A line that is being written is whole a moment later.
            using var moment = new ManualResetEventSlim();
            moment.Wait(Pause);
        }
    }
}
