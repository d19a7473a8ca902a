using Isolation.Core;

namespace Isolation.Ledger;

/// <content>The writer's thread.</content>
public sealed partial class NodeLedger
{
    private static readonly TimeSpan Company = TimeSpan.FromMilliseconds(20);
    private readonly AutoResetEvent _wake = new(false);
    private readonly ManualResetEvent _stop = new(false);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Takes no further records, writes what is queued, gives unused space back unless an ending is owed, and lets go of the
    /// directory. Waits at most the deadline for a disk that does not answer.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            if (!_stopping)
                WriteSums_NeedsLock();
            _stopping = true;
        }

        await _window.DisposeAsync().ConfigureAwait(false);
        _stop.Set();
        _wake.Set();
        try
        {
            await _stopped.Task.WaitAsync(_options.Deadline, _clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The thread is in a system call that does not return; the lock stays with it until the process ends.
            return;
        }

        _wake.Dispose();
        _stop.Dispose();
        _lock.Dispose();
    }

    private void Run()
    {
        List<PendingRecord> batch = [];
        try
        {
            while (Take(ref batch))
                Write(batch);
            _space.Close(giveBack: _chainOpen.Count == 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Trimming failed: zeros stay at the end, which the next opening knows.
            _space.Dispose();
        }
        catch (Exception e)
        {
            // A bug: nothing more is written, every caller is told, and the service shows itself unavailable.
            _space.Dispose();
            Fail(batch, new LedgerHealth.Unavailable($"The ledger's writer in {_directory} stopped: {e}", "Restart the service, and report this text."), forGood: true);
        }

        _stopped.SetResult();
    }

    /// <summary>Waits for records, or for the time to try a failed disk again. False when the ledger is closed and all is written.</summary>
    private bool Take(ref List<PendingRecord> batch)
    {
        bool wait;
        TimeSpan atMost;
        lock (_gate)
        {
            wait = _queued.Count == 0 && !_stopping;
            atMost = _full is null && _failure is null ? Timeout.InfiniteTimeSpan : _options.RetryEvery;
        }

        if (wait)
            _wake.WaitOne(atMost);
        _wake.Reset(); // of what is in the queue by now
        if (NobodyWaits())
            _wake.WaitOne(Company);

        batch.Clear();
        lock (_gate)
        {
            (batch, _queued) = (_queued, batch);
            batch.RemoveAll(DropWithdrawn_NeedsLock);
            foreach (PendingRecord record in batch)
                record.State = RecordState.InFlight;
            return batch.Count > 0 || !_stopping;
        }
    }

    // A payload's start, say: it goes to disk with the next record that somebody waits for, if that comes soon.
    private bool NobodyWaits()
    {
        lock (_gate)
            return !_stopping && _queued.Count > 0 && _queued.TrueForAll(record => record.Done is null);
    }

    private void Write(List<PendingRecord> batch)
    {
        try
        {
            if (batch.Count > 0)
                _writer.Commit(batch);
            else if (IsFailing())
                _writer.Probe();
            lock (_gate)
                _failure = null;
            MakeReady();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(batch, Unavailable(e), forGood: false);

            // Returns at once when the ledger is being closed: then what is left is told to its callers as it is.
            bool closing = _stop.WaitOne(_options.RetryEvery);
            if (closing)
                Fail(batch, Unavailable(e), forGood: true);
        }
    }

    // In a quiet moment, so that no admission has to wait for a file to be filled.
    private void MakeReady()
    {
        bool isFull;
        lock (_gate)
        {
            if (_queued.Count > 0 || _stopping)
                return;
            isFull = _full is not null;
        }

        bool hasRoom = _writer.TakesAdmissions;
        if ((isFull && !hasRoom || _space.WantsSpare) && _space.TryAddSpare())
            hasRoom = _writer.TakesAdmissions;
        if (isFull && hasRoom)
        {
            lock (_gate)
                _full = null;
        }
    }

    private bool IsFailing()
    {
        lock (_gate)
            return _failure is not null;
    }

    private LedgerHealth.Unavailable Unavailable(Exception e) => new(
        $"Writing to the ledger in {_directory} failed: {e.Message}",
        "Free space on that file system, or mend it, and see that the service's user can write there; new payloads are refused until a write succeeds.");

    /// <summary>
    /// The batch could not be written. Callers that can do without are told now; what must be written waits for the disk, unless
    /// there is no later.
    /// </summary>
    private void Fail(List<PendingRecord> batch, LedgerHealth.Unavailable failure, bool forGood)
    {
        lock (_gate)
        {
            _failure = failure;
            if (forGood)
            {
                _stopping = true;
                batch = [.. batch, .. _queued];
                _queued.Clear();
            }

            List<PendingRecord> kept = [];
            foreach (PendingRecord record in batch.Where(record => record.State != RecordState.Finished))
            {
                if (!forGood && record.Kind is RecordKind.Start or RecordKind.Ending or RecordKind.Notice)
                {
                    record.State = RecordState.Queued;
                    kept.Add(record);
                }
                else
                {
                    Reject_NeedsLock(record, new LedgerException(failure.Cause, failure.Fix));
                }
            }

            _queued.InsertRange(0, kept);
        }
    }

    private bool DropWithdrawn_NeedsLock(PendingRecord record)
    {
        if (!record.IsWithdrawn)
            return false;
        Reject_NeedsLock(record, null);
        return true;
    }

    private void Reject_NeedsLock(PendingRecord record, LedgerException? why)
    {
        record.State = RecordState.Finished;
        if (record is { Kind: RecordKind.Admission, Payload: PayloadId payload })
            _open.Remove(payload);
        record.Lost?.Invoke();
        if (why is not null)
            record.Done?.TrySetException(why);
        _buffers.Return(record.Body);
    }

    void ICommitted.Durable(IReadOnlyList<PendingRecord> records, ChainPoint head)
    {
        lock (_gate)
        {
            _head = head;
            _failure = null;
            foreach (PendingRecord record in records)
            {
                record.State = RecordState.Finished;
                _buffers.Return(record.Body);
                if (record is { Kind: RecordKind.Admission, Payload: PayloadId admitted })
                {
                    OpenPayload open = _open[admitted];
                    open.Sequence = record.Sequence;
                    _full = null;
                    if (record.IsWithdrawn)
                        EndWithdrawn_NeedsLock(admitted, open);
                }
                else if (record is { Kind: RecordKind.Ending, Payload: PayloadId ended })
                {
                    _open.Remove(ended);
                }
            }
        }

        foreach (PendingRecord record in records)
            record.Done?.TrySetResult(record.Sequence);
    }

    void ICommitted.NoSpace(PendingRecord record, IOException? why)
    {
        lock (_gate)
        {
            _full = new LedgerHealth.Unavailable(
                $"The ledger in {_directory} has no space beyond what it keeps for the endings of {_open.Count} payloads{(why is null ? "." : $": {why.Message}")}",
                "Free space on that file system; new payloads are refused until there is some.");
            Reject_NeedsLock(record, new LedgerException(_full.Cause, _full.Fix, why));
        }
    }

    void ICommitted.Enqueue(PendingRecord record)
    {
        lock (_gate)
            Enqueue_NeedsLock(record);
    }

    void ICommitted.Stamp(PendingRecord record) => Stamp(record);

    private void Stamp(PendingRecord record)
    {
        record.Time = _clock.GetUtcNow();
        record.Monotonic = (long)((Int128)_clock.GetTimestamp() * 1_000_000_000 / _clock.TimestampFrequency);
    }

    // Its caller was told that nothing may start; the chain must not keep it open.
    private void EndWithdrawn_NeedsLock(PayloadId payload, OpenPayload open)
    {
        var never = new Finding.ProvenEmpty("never started");
        var record = new EndedRecord(payload, open.Pilot, new Ending.SetupFailed("ledger", "the admission was not durable within its deadline", null),
            "ledger", ResourceUsage.NotMeasured("never started"), Residue.OfAll(never));
        open.Ending = Build(RecordTypes.Ended, payload, RecordKind.Ending, record, static (json, r) => EndedJson.Write(json, r), awaited: false);
        Enqueue_NeedsLock(open.Ending);
    }
}
