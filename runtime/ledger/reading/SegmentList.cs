namespace Isolation.Ledger;

/// <summary>
/// The segments of a directory in the chain's order, each with the number of its bytes that count: what the next one's header
/// says, or all in the last.
/// </summary>
internal static class SegmentList
{
    /// <summary>One segment at a time, looking one ahead. A newest file without a whole first line holds nothing yet and is left out.</summary>
    public static IEnumerable<ListedSegment> In(string directory)
    {
        List<SegmentName> names = SegmentName.In(directory);
        for (int i = 0; i < names.Count; i++)
        {
            SegmentHeader? next = null;
            bool isLast = i == names.Count - 1;
            if (!isLast)
            {
                (next, bool isBlank) = ReadHeader(names[i + 1].PathIn(directory));
                if (isBlank && i == names.Count - 2)
                    isLast = true;
            }

            yield return new ListedSegment(names[i], next?.Previous == names[i].ToString() ? next.PreviousBytes : null, isLast);
            if (isLast)
                yield break;
        }
    }

    private static (SegmentHeader? Header, bool IsBlank) ReadHeader(string path)
    {
        using var scanner = new SegmentScanner(path);
        if (scanner.Next())
            return (SegmentHeader.TryRead(scanner.Line), false);
        return (null, !scanner.ReadTail().HoldsRecord);
    }
}

/// <summary>One segment.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Bytes">How many of its bytes count, as the next one says; null when none says so.</param>
/// <param name="IsLast">True for the segment that may still be written.</param>
internal sealed record ListedSegment(SegmentName Name, long? Bytes, bool IsLast);
