using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// Reads a ledger, also a copied one, also while it is being written: the records that were whole when they were reached. Memory is
/// bounded by the longest line and the number of payloads that run at one time.
/// </summary>
public sealed class LedgerReader(string directory)
{
    /// <summary>The records that the filter lets pass, oldest first. Damaged lines are passed over: <see cref="LedgerVerifier"/> finds them.</summary>
    /// <exception cref="IOException">A segment cannot be read.</exception>
    public IEnumerable<LedgerLine> Read(LedgerFilter filter)
    {
        HashSet<PayloadId> wanted = [];
        foreach (ListedSegment segment in SegmentList.In(directory))
        {
            using var scanner = new SegmentScanner(segment.Name.PathIn(directory), segment.Bytes ?? long.MaxValue);
            while (scanner.Next())
            {
                if (LineFormat.TryReadHead(scanner.Line.Span, out RecordHead head) && Passes(head, scanner.Line, filter, wanted))
                    yield return new LedgerLine(segment.Name.ToString(), head.Sequence, head.Type, head.Payload, scanner.Line.ToArray());
            }
        }
    }

    private static bool Passes(RecordHead head, ReadOnlyMemory<byte> line, LedgerFilter filter, HashSet<PayloadId> wanted)
    {
        if (filter.Payload is not null && head.Payload != filter.Payload)
            return false;
        if (filter.Uid is not UserId uid)
            return true;

        // Only admitted names both uids; what follows of that payload is known by its id until it has ended.
        if (head.Payload is PayloadId payload && wanted.Contains(payload))
        {
            if (head.Type == RecordTypes.Ended)
                wanted.Remove(payload);
            return true;
        }

        if (head.Type is not (RecordTypes.Admitted or RecordTypes.Ended or RecordTypes.Refused) || !Names(line, uid))
            return false;
        if (head is { Type: RecordTypes.Admitted, Payload: PayloadId admitted })
            wanted.Add(admitted);
        return true;
    }

    private static bool Names(ReadOnlyMemory<byte> line, UserId uid)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return HasUid(document.RootElement, "pilot", uid) || HasUid(document.RootElement, "account", uid);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool HasUid(JsonElement record, string member, UserId uid)
        => record.TryGetProperty(member, out JsonElement account) && account.ValueKind == JsonValueKind.Object
           && account.TryGetProperty("uid", out JsonElement value) && value.TryGetUInt32(out uint number) && number == uid.Value;
}
