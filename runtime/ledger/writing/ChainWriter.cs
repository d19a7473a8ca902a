using System.Buffers;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// Appends to the chain. Used by one thread at a time, the ledger's writer. Records go into a portion: one write, one sync; only
/// then are they acknowledged. When either fails, the chain goes back to its last durable record, the segment is given up (a
/// second sync of the same file could report success for pages that the kernel has dropped), and a new segment continues
/// from that record. Its header names how many bytes of the old one count, so that nothing depends on what became of the rest; what
/// was not acknowledged is written again behind it.
/// </summary>
internal sealed class ChainWriter(string directory, string bootId, SegmentSpace space, OpenPayloads open, ICommitted committed)
{
    private readonly ArrayBufferWriter<byte> _portion = new(256 << 10);
    private readonly List<PendingRecord> _inPortion = [];
    private ChainPoint _head = ChainPoint.Start;
    private ChainPoint _durable = ChainPoint.Start;
    private SegmentName? _last;
    private long _lastBytes;
    private string _why = "first";
    private SegmentName? _suspect;
    private long _suspectBytes;

    /// <summary>The last record that is durable.</summary>
    public ChainPoint Head => _durable;

    /// <summary>True when there is space for an admission and its ending now.</summary>
    public bool TakesAdmissions => space.Fits(LineFormat.LongestAdmission, open.Owed + space.EndingSpace, open.Count + 1);

    /// <summary>Where an earlier run left the chain.</summary>
    public void Resume(ChainPoint head, SegmentName last, long bytes) => (_head, _durable, _last, _lastBytes, _why) = (head, head, last, bytes, "opened");

    /// <summary>
    /// Makes the records durable, in their order, telling <see cref="ICommitted"/> of each. On an exception those that were not
    /// told of are not durable, and can be given again.
    /// </summary>
    /// <exception cref="IOException">The disk failed, also in a new segment; or there is no space even for an ending.</exception>
    public void Commit(List<PendingRecord> batch)
    {
        bool retried = false;
        while (true)
        {
            try
            {
                if (space.Current is null)
                    BeginSegment();
                foreach (PendingRecord record in batch)
                    Place(record);
                Flush();
                CheckSuspect();
                return;
            }
            catch (Exception e) when (e is IOException and not NoSpaceException or UnauthorizedAccessException)
            {
                GiveUpSegment(e);
                if (retried)
                    throw;
                retried = true;
            }
        }
    }

    /// <summary>Finds out whether the disk takes writes again, when nothing waits to be written.</summary>
    public void Probe()
    {
        try
        {
            if (space.Current is { } current)
                current.Sync();
            else
                BeginSegment();
        }
        catch (Exception e) when (e is IOException and not NoSpaceException or UnauthorizedAccessException)
        {
            GiveUpSegment(e);
            throw;
        }
    }

    private void Place(PendingRecord record)
    {
        if (record.State == RecordState.Finished)
            return;
        int length = record.Members.Length + LineFormat.Overhead;
        if (record.Kind is RecordKind.General or RecordKind.Admission && !MakeRoom(length, record.Kind))
        {
            committed.NoSpace(record, space.Refusal);
            return;
        }

        if (!space.HasRoom(_portion.WrittenCount + length))
        {
            Flush();
            _why = "full";
            BeginSegment();
        }

        Append(record);
        _inPortion.Add(record);
    }

    private bool MakeRoom(int length, RecordKind kind)
    {
        bool admits = kind == RecordKind.Admission;
        long owed = open.Owed + (admits ? space.EndingSpace : 0);
        int count = open.Count + (admits ? 1 : 0);
        while (!space.Fits(_portion.WrittenCount + length, owed, count))
        {
            if (!space.MoreHelps(length, count) || !space.TryAddSpare())
                return false;
        }

        return true;
    }

    private void Append(PendingRecord record)
    {
        Span<byte> target = _portion.GetSpan(record.Members.Length + LineFormat.Overhead);
        _portion.Advance(LineFormat.Write(target, record, bootId, _head, out ChainPoint point));
        _head = point;
        record.Sequence = point.Sequence;
        open.Apply(record, point.Sequence);
    }

    private void Flush()
    {
        if (_portion.WrittenCount == 0)
            return;
        space.Current!.Write(_portion.WrittenSpan, space.Offset);
        CrashPoint.Reach("isolationd: admission written", _inPortion.Any(record => record.Kind == RecordKind.Admission));
        CrashPoint.Reach("isolationd: ending written", _inPortion.Any(record => record.Kind == RecordKind.Ending));
        space.Current.Sync();
        CrashPoint.Reach("isolationd: admission synced", _inPortion.Any(record => record.Kind == RecordKind.Admission));
        CrashPoint.Reach("isolationd: ending synced", _inPortion.Any(record => record.Kind == RecordKind.Ending));
        space.Offset += _portion.WrittenCount;
        _lastBytes = space.Offset;
        _portion.ResetWrittenCount();
        _durable = _head;
        open.Keep();
        committed.Durable(_inPortion, _durable);
        _inPortion.Clear();
    }

    private void BeginSegment()
    {
        var name = new SegmentName(_durable.Sequence + 1);
        space.Advance(name);
        var body = new RecordBuffer();
        new SegmentHeader(_why, _last?.ToString(), _lastBytes, open.Sequences).Write(body.Begin());
        body.End();
        var header = new PendingRecord(RecordTypes.Segment, null, RecordKind.General, body, awaited: false);
        committed.Stamp(header);
        Append(header);

        // Durable by itself: a segment without a whole header never held an acknowledged record.
        Flush();
        _last = name;
    }

    private void GiveUpSegment(Exception error)
    {
        _portion.ResetWrittenCount();
        _inPortion.Clear();
        _head = _durable;
        open.TakeBack();
        _why = $"the segment before failed: {error.Message}";
        if (space.Offset > 0)
            (_suspect, _suspectBytes) = (_last, _lastBytes);
        space.Abandon();
    }

    // Told in a record of its own, after what waited is durable: reading a failing disk may take long.
    private void CheckSuspect()
    {
        if (_suspect is not SegmentName suspect)
            return;
        _suspect = null;
        committed.Enqueue(CheckedJson.Record(suspect, _suspectBytes, SegmentCheck.ReadBack(suspect.PathIn(directory), _suspectBytes)));
    }
}
