using System.Text;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>Follows the chain line by line and tells the first fault.</summary>
internal sealed class ChainWalk(LedgerHead? expectedHead)
{
    private readonly Dictionary<PayloadId, long> _open = [];
    private ListedSegment? _before;
    private ListedSegment? _segment;
    private long _line;

    public ChainPoint Head { get; private set; } = ChainPoint.Start;

    public IReadOnlyDictionary<PayloadId, long> Open => _open;

    public void Enter(ListedSegment segment) => (_before, _segment, _line) = (_segment, segment, 0);

    /// <summary>Null, or what is wrong with this line.</summary>
    public Verification.Broken? Next(ReadOnlyMemory<byte> line)
    {
        _line++;
        ReadOnlySpan<byte> bytes = line.Span;
        if (!LineFormat.TryReadHead(bytes, out RecordHead head))
            return Fault("it is not a record: the line was altered");
        if (!LineFormat.IsSound(bytes))
            return Fault("it does not agree with its own hash: the record was altered");
        if (_line == 1 && CheckHeader(line, head) is { } wrong)
            return wrong;
        if (_line > 1 && head.Type == RecordTypes.Segment)
            return Fault("a segment's first record stands inside a segment");
        if (head.Sequence != Head.Sequence + 1)
            return Fault($"record {head.Sequence} follows record {Head.Sequence}: records were removed, repeated or moved");
        if (!LineFormat.PrevOf(bytes).SequenceEqual(Head.Hash.Span))
            return Fault($"it does not continue record {Head.Sequence}: that one, or this one, was replaced");
        if (CheckPayload(head) is { } misplaced)
            return misplaced;

        Head = new ChainPoint(head.Sequence, LineFormat.HashOf(bytes).ToArray());
        if (expectedHead?.Sequence == head.Sequence && expectedHead.Hash != Encoding.ASCII.GetString(Head.Hash.Span))
            return Fault($"record {head.Sequence} is not the one that was seen earlier: the chain was rewritten");
        return null;
    }

    /// <summary>The segment's lines are over.</summary>
    public Verification.Broken? Leave(long position)
    {
        if (_segment!.IsLast)
            return null;
        _line++;
        return _segment.Bytes switch
        {
            null => Fault("the next segment does not continue this one: a segment is missing or was altered"),
            long bytes when bytes != position => Fault($"its lines end at byte {position}, but the next segment continues it at byte {bytes}: records were removed or added"),
            _ => null,
        };
    }

    /// <summary>The chain is over.</summary>
    public Verification.Broken? Finish() => expectedHead?.Sequence > Head.Sequence
        ? Fault($"the ledger ends with record {Head.Sequence}, but record {expectedHead.Sequence} was seen: its end was cut")
        : null;

    /// <summary>What stands behind the last line is wrong.</summary>
    public Verification.Broken Broken(string what)
    {
        _line++;
        return Fault(what);
    }

    private Verification.Broken? CheckHeader(ReadOnlyMemory<byte> line, RecordHead head)
    {
        if (head.Type != RecordTypes.Segment || SegmentHeader.TryRead(line) is not { } header)
            return Fault("a segment must begin with its segment record: its beginning was removed");
        if (head.Sequence != _segment!.Name.FirstSequence)
            return Fault($"the segment begins with record {head.Sequence}, its name says otherwise: it was renamed or replaced");
        if (header.Previous != _before?.Name.ToString())
            return Fault($"it continues {header.Previous ?? "nothing"}, but the segment before is {_before?.Name.ToString() ?? "none"}: a segment is missing");
        if (header.Open.Count != _open.Count || header.Open.Any(entry => !_open.TryGetValue(entry.Key, out long sequence) || sequence != entry.Value))
            return Fault("its list of payloads without an ending is not what the records before say");
        return null;
    }

    private Verification.Broken? CheckPayload(RecordHead head)
    {
        if (head.Type is not (RecordTypes.Admitted or RecordTypes.Started or RecordTypes.Ended))
            return null;
        if (head.Payload is not PayloadId payload)
            return Fault($"a record '{head.Type}' without a payload");
        return head.Type switch
        {
            RecordTypes.Admitted => _open.TryAdd(payload, head.Sequence) ? null : Fault($"payload {payload} is admitted a second time"),
            RecordTypes.Ended => _open.Remove(payload) ? null : Fault($"payload {payload} has an ending, but it was not admitted, or has ended before"),
            _ => _open.ContainsKey(payload) ? null : Fault($"payload {payload} was started without being admitted"),
        };
    }

    private Verification.Broken Fault(string what) => new(_segment?.Name.ToString() ?? "no segment", _line, what);
}
