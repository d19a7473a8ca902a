using System.Globalization;

namespace Isolation.Ledger;

/// <summary>
/// The disk space of the ledger: the segment that is written, and spare files made ready to follow it. Kept here is the
/// promise that what is owed to endings fits, whatever else is written: each file counts with what is left in it, less the
/// longest record that may not fit at its end, less its header. Spares are found again after a crash, so that their space stays kept.
/// </summary>
internal sealed class SegmentSpace(string directory, LedgerOptions options, ISegmentFiles files, TimeProvider clock) : IDisposable
{
    private const long Slack = 2048;
    private readonly Queue<ISegmentFile> _spares = new();
    private long _spareNumber;
    private long _lastRefusal;
    private IOException? _refusal;

    /// <summary>The segment that is written, or null when there is none that can be.</summary>
    public ISegmentFile? Current { get; private set; }

    /// <summary>Bytes written to it.</summary>
    public long Offset { get; set; }

    /// <summary>Bytes it can take.</summary>
    public long Capacity { get; private set; }

    /// <summary>Bytes kept for each payload that has no ending.</summary>
    public int EndingSpace => options.EndingSpace;

    /// <summary>True when one more file would help a record of this length, with so many payloads open.</summary>
    public bool MoreHelps(long length, int open) => options.SegmentSize - SegmentHeader.Space(open) - length - options.EndingSpace > options.SegmentSize / 4;

    /// <summary>True when the current segment is more than half full and nothing stands ready to follow it.</summary>
    public bool WantsSpare => _spares.Count == 0 && (Current is null || Offset > Capacity / 2);

    /// <summary>Why the last file could not be made, or null.</summary>
    public IOException? Refusal => _refusal;

    /// <summary>Continues a segment of an earlier run.</summary>
    public void Continue(ISegmentFile segment, long offset)
    {
        Current = segment;
        Offset = offset;
        Capacity = segment.Length;
    }

    /// <summary>Makes ready again the spares of an earlier run.</summary>
    public void RestoreSpares()
    {
        foreach (string path in Directory.EnumerateFiles(directory, "spare-*").Order(StringComparer.Ordinal))
        {
            // Written over in place where it can be: deleting it first could lose its space to somebody else.
            ISegmentFile file = files.Reopen(path);
            if (file.Length < LedgerOptions.LeastSegment)
            {
                file.Dispose();
                File.Delete(path);
                continue;
            }

            Clear(file, 0, file.Length);
            _spares.Enqueue(file);
        }
    }

    /// <summary>True when a record of this length can be written, with everything that is owed then still having its place.</summary>
    public bool Fits(long length, long owed, int open)
    {
        if (Current is null)
            return false;
        bool here = Offset + length <= Capacity;
        long kept = here ? Usable(Capacity - Offset - length) : 0;
        bool first = !here;
        foreach (ISegmentFile spare in _spares)
        {
            kept += Usable(spare.Length - SegmentHeader.Space(open) - (first ? length : 0));
            first = false;
        }

        return !first && (owed == 0 || owed + Slack <= kept);
    }

    /// <summary>True when the current segment has room for this many bytes, whatever they are.</summary>
    public bool HasRoom(long length) => Current is not null && Offset + length <= Capacity;

    /// <summary>Makes one more file; false when there is no space, without asking the disk again within the retry time.</summary>
    public bool TryAddSpare()
    {
        if (_refusal is not null && clock.GetElapsedTime(_lastRefusal) < options.RetryEvery)
            return false;
        string path;
        // A process of an earlier run may have had this number: its spares are in use under their names.
        do
            path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"spare-{Environment.ProcessId}-{++_spareNumber}"));
        while (File.Exists(path));
        try
        {
            _spares.Enqueue(files.Prepare(path, options.SegmentSize));
            _refusal = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _lastRefusal = clock.GetTimestamp();
            _refusal = e as IOException ?? new IOException(e.Message, e);
            return false;
        }
    }

    /// <summary>Makes the next file the current one, under the name of its first record.</summary>
    public void Advance(SegmentName name)
    {
        if (_spares.Count == 0 && !TryAddSpare())
            throw new NoSpaceException($"no space for another segment: {_refusal?.Message}", _refusal);
        ISegmentFile next = _spares.Dequeue();
        try
        {
            next.MoveTo(name.PathIn(directory));
        }
        catch
        {
            next.Dispose();
            throw;
        }

        Abandon();
        Current = next;
        Capacity = next.Length;
    }

    /// <summary>Leaves the current segment as it is up to <see cref="Offset"/>. Its descriptor is never synced again.</summary>
    public void Abandon()
    {
        if (Current is { } abandoned)
        {
            using (abandoned)
            {
                try
                {
                    abandoned.Trim(Offset);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // The next segment's header says how much of this one counts.
                }
            }
        }

        Current = null;
        Offset = 0;
        Capacity = 0;
    }

    /// <summary>Ends cleanly: unused space goes back unless something is owed.</summary>
    public void Close(bool giveBack)
    {
        if (giveBack && Current is { } last)
        {
            last.Trim(Offset);
            last.Sync();
        }

        foreach (ISegmentFile spare in _spares)
        {
            if (giveBack)
                File.Delete(spare.Path);
        }

        Dispose();
    }

    public void Dispose()
    {
        Current?.Dispose();
        Current = null;
        while (_spares.TryDequeue(out ISegmentFile? spare))
            spare.Dispose();
    }

    /// <summary>Writes zeros over a range, durably.</summary>
    public static void Clear(ISegmentFile file, long from, long length)
    {
        byte[] zeros = new byte[(int)Math.Min(length, 1 << 20)];
        for (long done = 0; done < length; done += zeros.Length)
            file.Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - done)), from + done);
        file.Sync();
    }

    // At a segment's end up to one whole ending less a byte can be left unused.
    private long Usable(long left) => Math.Max(0, left - (options.EndingSpace - 1));
}
