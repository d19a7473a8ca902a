using Isolation.Core;

namespace Isolation.Ledger;

/// <content>Opening.</content>
public sealed partial class NodeLedger
{
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private NodeLedger(string directory, LedgerOptions options, ISegmentFiles files, TimeProvider clock, DirectoryLock held)
    {
        (_directory, _options, _clock, _lock) = (directory, options, clock, held);
        LastState last = LastState.Read(directory);
        _head = last.Head;
        _space = new SegmentSpace(directory, options, files, clock);
        _chainOpen = new OpenPayloads(options.EndingSpace);
        _chainOpen.Restore(last.Open);
        foreach ((PayloadId payload, long sequence) in last.Open)
            _open.Add(payload, new OpenPayload(UserId.Root) { Sequence = sequence });
        _writer = new ChainWriter(directory, File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), _space, _chainOpen, this);
        _window = clock.CreateTimer(_ => WindowEnded(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        if (last.Segment is SegmentName newest)
            _writer.Resume(last.Head, newest, last.Tail.Position);

        try
        {
            foreach (SegmentName unborn in last.Unborn)
                File.Move(unborn.PathIn(directory), Path.Combine(directory, $"spare-unborn-{unborn}"), overwrite: true);
            _space.RestoreSpares();
            if (last.Segment is SegmentName segment)
                Continue(segment, last, files);
            _writer.Probe();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Opened all the same: it becomes healthy by itself when there is space, or the disk is mended.
            _failure = Unavailable(e);
        }
    }

    /// <summary>
    /// Opens the ledger in a directory, which is made (mode 0750) when it is not there. What a crash left behind the last sound
    /// record was never acknowledged: it is cut, and a record <c>recovered</c> says so. When the disk takes no records now (full, say) the
    /// ledger opens all the same, and its <see cref="Health"/> tells.
    /// </summary>
    /// <param name="directory">Where; one process at a time can write there.</param>
    /// <param name="options">How.</param>
    /// <param name="clock">The time of records, deadlines and windows.</param>
    /// <exception cref="LedgerException">Another process has it, it cannot be written at all, or it is damaged.</exception>
    public static NodeLedger Open(string directory, LedgerOptions options, TimeProvider clock) => Open(directory, options, new DiskSegmentFiles(), clock);

    internal static NodeLedger Open(string directory, LedgerOptions options, ISegmentFiles files, TimeProvider clock)
    {
        options.Check();
        DirectoryLock? held = null;
        NodeLedger ledger;
        try
        {
            Directory.CreateDirectory(directory, DirectoryMode);
            held = DirectoryLock.Take(directory, clock);
            ledger = new NodeLedger(directory, options, files, clock, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new LedgerException($"The ledger in {directory} cannot be opened: {e.Message}", "Give the service's user a directory that it can read and write.", e);
        }
        catch
        {
            held?.Dispose();
            throw;
        }

        new Thread(ledger.Run) { IsBackground = true, Name = "ledger" }.Start();
        return ledger;
    }

    // A torn last line is written over; more than that is left as it is, for whoever examines it, and void by the next header.
    private void Continue(SegmentName segment, LastState last, ISegmentFiles files)
    {
        if (last.Tail.Written > 0)
        {
            PendingRecord recovered = RecoveredJson.Record(segment, last.Tail);
            Stamp(recovered);
            _queued.Add(recovered);
            _wake.Set();
        }

        if (last.Tail.HoldsRecord)
            return;
        ISegmentFile file = files.Reopen(segment.PathIn(_directory));
        try
        {
            SegmentSpace.Clear(file, last.Tail.Position, last.Tail.Written);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _space.Continue(file, last.Tail.Position);
    }
}
