using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// Reads what an earlier run left. Two passes over the newest segments: the last endings, then what was admitted for them and for those without one. A
/// ledger may be long: no segment is read that is older than what is looked for, and of the endings only so many are kept.
/// </summary>
internal static class EarlierRunReader
{
    private const int MostEndings = 1024;

    public static EarlierRun Read(string directory, IReadOnlyList<LedgerReceipt> receipts)
    {
        List<SegmentName> segments = SegmentName.In(directory);
        if (segments.Count == 0)
            return new EarlierRun([], [], new Dictionary<PayloadId, string>());
        Queue<EndedRecord> last = new();
        ForEach(directory, segments.TakeLast(1), (head, line) =>
        {
            if (head is not { Type: RecordTypes.Ended, Payload: PayloadId payload })
                return;
            if (Parsed(line, json => EndedReader.Read(payload, json), out _) is not EndedRecord ended)
                return;
            last.Enqueue(ended);
            if (last.Count > MostEndings)
                last.Dequeue();
        });

        Dictionary<PayloadId, EndedRecord> ended = last.ToDictionary(e => e.Payload);
        Dictionary<PayloadId, LedgerReceipt> open = receipts.ToDictionary(r => r.Payload);
        Dictionary<PayloadId, UnendedPayload> unended = [];
        Dictionary<PayloadId, string> unreadable = [];
        List<EndedPayload> over = [];
        long oldest = receipts.Count > 0 ? receipts.Min(r => r.Sequence) : long.MaxValue;
        // An ending's admission is mostly in its own segment; of one that is older its client is told by the ledger alone.
        int from = Math.Min(segments.Count - 1, Math.Max(0, segments.FindLastIndex(s => s.FirstSequence <= oldest)));
        ForEach(directory, segments.Skip(from), (head, line) =>
        {
            if (head.Payload is not PayloadId payload)
                return;
            if (head.Type == RecordTypes.Admitted && ended.TryGetValue(payload, out EndedRecord? ending))
            {
                if (Parsed(line, json => AdmittedReader.Read(payload, json), out _) is AdmittedRecord admitted)
                    over.Add(new EndedPayload(admitted, ending));
            }
            else if (head.Type == RecordTypes.Admitted && open.TryGetValue(payload, out LedgerReceipt? receipt) && receipt.Sequence == head.Sequence)
            {
                if (Parsed(line, json => UnendedOf(receipt, json), out string why) is UnendedPayload one)
                    unended[payload] = one;
                else
                    unreadable[payload] = why;
            }
            else if (head.Type == RecordTypes.Started && unended.TryGetValue(payload, out UnendedPayload? found))
            {
                unended[payload] = Parsed(line, json => found with { Process = new ProcessId(json.GetProperty("pid").GetInt32()) }, out _) ?? found;
            }
        });
        foreach (LedgerReceipt receipt in receipts.Where(r => !unended.ContainsKey(r.Payload)))
            unreadable.TryAdd(receipt.Payload, $"record {receipt.Sequence} is not where it should be");
        return new EarlierRun([.. unended.Values.OrderBy(u => u.Receipt.Sequence)], over, unreadable);
    }

    private static void ForEach(string directory, IEnumerable<SegmentName> segments, Action<RecordHead, ReadOnlyMemory<byte>> take)
    {
        foreach (SegmentName segment in segments)
        {
            using var scanner = new SegmentScanner(segment.PathIn(directory));
            while (scanner.Next())
            {
                if (LineFormat.TryReadHead(scanner.Line.Span, out RecordHead head))
                    take(head, scanner.Line);
            }
        }
    }

    private static UnendedPayload UnendedOf(LedgerReceipt receipt, JsonElement json) => new(
        receipt, AdmittedReader.Read(receipt.Payload, json), json.GetProperty("time").GetDateTimeOffset(), json.GetProperty("boot").GetString()!, null);

    // One record that cannot be read keeps nobody from the others.
    private static T? Parsed<T>(ReadOnlyMemory<byte> line, Func<JsonElement, T> read, out string why) where T : class
    {
        why = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            why = e.Message;
            return null;
        }
    }
}
