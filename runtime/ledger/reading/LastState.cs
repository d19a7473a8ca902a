using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>Where a ledger was left: read from its newest segment alone, whose header says what was open before it.</summary>
/// <param name="Segment">The newest segment with a record, or null in a new ledger.</param>
/// <param name="Head">Its last sound record.</param>
/// <param name="Tail">What stands behind it.</param>
/// <param name="Open">Payloads without an ending.</param>
/// <param name="Unborn">Newer files without a whole header: they never held an acknowledged record.</param>
internal sealed record LastState(SegmentName? Segment, ChainPoint Head, SegmentTail Tail, IReadOnlyDictionary<PayloadId, long> Open, IReadOnlyList<SegmentName> Unborn)
{
    /// <exception cref="LedgerException">The newest segment is damaged at its beginning.</exception>
    public static LastState Read(string directory)
    {
        List<SegmentName> unborn = [];
        List<SegmentName> names = SegmentName.In(directory);
        for (int i = names.Count - 1; i >= 0; i--)
        {
            string path = names[i].PathIn(directory);
            using var scanner = new SegmentScanner(path);
            if (TryRead(scanner, names[i], out LastState? state))
                return state! with { Unborn = unborn };
            using var again = new SegmentScanner(path);
            if (again.ReadTail().HoldsRecord)
            {
                throw new LedgerException($"The first record of {path} is damaged, and records stand behind it.",
                    "Keep a copy of the directory, look at it with 'isolation trace verify', and start with an empty one.");
            }

            unborn.Add(names[i]);
        }

        return new LastState(null, ChainPoint.Start, default, new Dictionary<PayloadId, long>(), unborn);
    }

    private static bool TryRead(SegmentScanner scanner, SegmentName name, out LastState? state)
    {
        state = null;
        if (!scanner.Next() || !IsNext(scanner.Line.Span, name.FirstSequence, out RecordHead head) || head.Type != RecordTypes.Segment
            || SegmentHeader.TryRead(scanner.Line) is not { } header)
            return false;

        var open = new Dictionary<PayloadId, long>(header.Open);
        var last = new ChainPoint(head.Sequence, LineFormat.HashOf(scanner.Line.Span).ToArray());
        long end = scanner.Position;
        while (scanner.Next() && IsNext(scanner.Line.Span, last.Sequence + 1, out head) && LineFormat.PrevOf(scanner.Line.Span).SequenceEqual(last.Hash.Span))
        {
            if (head is { Type: RecordTypes.Admitted, Payload: PayloadId admitted })
                open[admitted] = head.Sequence;
            else if (head is { Type: RecordTypes.Ended, Payload: PayloadId ended })
                open.Remove(ended);
            last = new ChainPoint(head.Sequence, LineFormat.HashOf(scanner.Line.Span).ToArray());
            end = scanner.Position;
        }

        using var rest = new SegmentScanner(scanner.FilePath, from: end);
        state = new LastState(name, last, rest.ReadTail(), open, []);
        return true;
    }

    private static bool IsNext(ReadOnlySpan<byte> line, long sequence, out RecordHead head)
    {
        head = default;
        return LineFormat.IsSound(line) && LineFormat.TryReadHead(line, out head) && head.Sequence == sequence;
    }
}
