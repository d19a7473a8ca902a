using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// Reads what an earlier run left, in two passes: backwards for endings, from the newest segment as far as a payload that still holds an account may have
/// ended; then forwards for what was admitted, from the oldest payload without an ending. A ledger may be long: no segment is read that is older than what is
/// looked for, and of the endings only the last are kept. Lines that are not sound are nobody's word.
/// </summary>
internal sealed class EarlierRunReader(string directory)
{
    private const int MostEndings = 1024;
    private readonly List<SegmentName> _segments = SegmentName.In(directory);
    private readonly Dictionary<PayloadId, EndedRecord> _endings = [];
    private readonly Dictionary<PayloadId, UnendedPayload> _unended = [];
    private readonly Dictionary<PayloadId, string> _unreadable = [];
    private readonly List<EndedPayload> _over = [];
    private DateTimeOffset _since;

    /// <summary>Reads it.</summary>
    /// <param name="directory">The ledger's.</param>
    /// <param name="receipts">The payloads without an ending.</param>
    /// <param name="borrowers">Payloads that hold an account, and since when.</param>
    public static EarlierRun Read(string directory, IReadOnlyList<LedgerReceipt> receipts, IReadOnlyDictionary<PayloadId, DateTimeOffset> borrowers)
        => new EarlierRunReader(directory).Read(receipts, borrowers);

    private EarlierRun Read(IReadOnlyList<LedgerReceipt> receipts, IReadOnlyDictionary<PayloadId, DateTimeOffset> borrowers)
    {
        Dictionary<PayloadId, LedgerReceipt> open = receipts.ToDictionary(r => r.Payload);
        ReadEndings(borrowers.Where(b => !open.ContainsKey(b.Key)).ToDictionary());
        long oldest = receipts.Count > 0 ? receipts.Min(r => r.Sequence) : long.MaxValue;
        // The last endings' admissions are mostly in the two newest; of others the client is told that nobody knows any more.
        int from = Math.Clamp(_segments.FindLastIndex(s => s.FirstSequence <= oldest), 0, Math.Max(0, _segments.Count - 2));
        if (from < _segments.Count && TimeOf(_segments[from]) is var begun && begun > _since)
            _since = begun;
        foreach (SegmentName segment in _segments.Skip(from))
            ForEach(segment, (head, line) => TakeAdmission(open, head, line));
        foreach (LedgerReceipt receipt in receipts.Where(r => !_unended.ContainsKey(r.Payload)))
            _unreadable.TryAdd(receipt.Payload, $"record {receipt.Sequence} is not where it should be");
        return new EarlierRun([.. _unended.Values.OrderBy(u => u.Receipt.Sequence)], _over, _endings, _unreadable, _since);
    }

    private void ReadEndings(Dictionary<PayloadId, DateTimeOffset> missing)
    {
        for (int i = _segments.Count - 1; i >= 0; i--)
        {
            bool isNewest = i >= _segments.Count - 2; // the newest may have just begun
            Queue<EndedRecord> last = new();
            ForEach(_segments[i], (head, line) =>
            {
                if (head is not { Type: RecordTypes.Ended, Payload: PayloadId payload } || (!isNewest && !missing.ContainsKey(payload))
                    || Parsed(line, json => EndedReader.Read(payload, json), out _) is not EndedRecord ended)
                    return;
                if (missing.Remove(payload))
                    _endings[payload] = ended;
                last.Enqueue(ended);
                if (last.Count > MostEndings && last.Dequeue().Payload.Time is var forgotten && forgotten > _since)
                    _since = forgotten;
            });
            foreach (EndedRecord ended in last)
                _endings.TryAdd(ended.Payload, ended);
            if (i == 0 || (i <= _segments.Count - 2 && missing.Count == 0))
                return;
            // Who borrowed an account since this segment was begun ended nowhere before it.
            DateTimeOffset begun = TimeOf(_segments[i]);
            if (i <= _segments.Count - 2 && missing.Values.All(borrowed => borrowed > begun))
                return;
        }
    }

    private void TakeAdmission(Dictionary<PayloadId, LedgerReceipt> open, RecordHead head, ReadOnlyMemory<byte> line)
    {
        if (head.Payload is not PayloadId payload)
            return;
        if (head.Type == RecordTypes.Admitted && open.TryGetValue(payload, out LedgerReceipt? receipt) && receipt.Sequence == head.Sequence)
        {
            if (Parsed(line, json => UnendedOf(receipt, json), out string why) is UnendedPayload one)
                _unended[payload] = one;
            else
                _unreadable[payload] = why;
        }
        else if (head.Type == RecordTypes.Started && _unended.TryGetValue(payload, out UnendedPayload? found))
        {
            _unended[payload] = Parsed(line, json => found with { Process = new ProcessId(json.GetProperty("pid").GetInt32()) }, out _) ?? found;
        }
        else if (head.Type == RecordTypes.Admitted && _endings.TryGetValue(payload, out EndedRecord? ending))
        {
            if (Parsed(line, json => AdmittedReader.Read(payload, json), out _) is AdmittedRecord admitted)
                _over.Add(new EndedPayload(admitted, ending));
        }
    }

    private void ForEach(SegmentName segment, Action<RecordHead, ReadOnlyMemory<byte>> take)
    {
        using var scanner = new SegmentScanner(segment.PathIn(directory));
        while (scanner.Next())
        {
            if (LineFormat.TryReadHead(scanner.Line.Span, out RecordHead head) && IsOfPayload(head) && LineFormat.IsSound(scanner.Line.Span))
                take(head, scanner.Line);
        }
    }

    private static bool IsOfPayload(RecordHead head) => head.Payload is not null && head.Type is RecordTypes.Admitted or RecordTypes.Started or RecordTypes.Ended;

    private DateTimeOffset TimeOf(SegmentName segment)
    {
        using var scanner = new SegmentScanner(segment.PathIn(directory));
        return scanner.Next() && Parsed(scanner.Line, json => json.GetProperty("time").GetString(), out _) is string time && DateTimeOffset.TryParse(time, System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset begun)
            ? begun
            : DateTimeOffset.MinValue;
    }

    private static UnendedPayload UnendedOf(LedgerReceipt receipt, JsonElement json) => new(
        receipt, AdmittedReader.Read(receipt.Payload, json), json.GetProperty("time").GetDateTimeOffset(), json.GetProperty("boot").GetString()!, null);

    // One record that cannot be read keeps nobody from the others.
    private static T? Parsed<T>(ReadOnlyMemory<byte> line, Func<JsonElement, T> read, out string why) where T : class?
    {
        why = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            why = e.Message;
            return null;
        }
    }
}
