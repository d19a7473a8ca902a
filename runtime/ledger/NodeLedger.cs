using System.Globalization;
using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// The ledger of one node: a directory of NDJSON segments that one process at a time appends to.
/// Callers build a record's body on their own thread and queue it; one thread takes all that is queued, writes it with one write
/// and one sync, and then completes every waiter (group commit). A caller waits at most <see cref="LedgerOptions.Deadline"/>: then
/// an admission is withdrawn (should it become durable all the same, the ledger itself writes its ending), while every other record
/// stays queued and is written when the disk allows.
/// One lock guards the queue, the payloads without an ending, the refusals and the health; it is never held across I/O.
/// What the writer's thread owns, the chain and the space, only it touches.
/// </summary>
public sealed partial class NodeLedger : ILedger, IAsyncDisposable, ICommitted
{
    private const int MostQueued = 4096;
    private static readonly LedgerHealth WellHealth = new LedgerHealth.Healthy();

    private readonly string _directory;
    private readonly LedgerOptions _options;
    private readonly TimeProvider _clock;
    private readonly DirectoryLock _lock;
    private readonly SegmentSpace _space;
    private readonly OpenPayloads _chainOpen;
    private readonly ChainWriter _writer;
    private readonly RecordBufferPool _buffers = new();
    private readonly ITimer _window;

    private readonly Lock _gate = new();
    private readonly Dictionary<PayloadId, OpenPayload> _open = [];
    private readonly Refusals _refusals = new();
    private List<PendingRecord> _queued = [];
    private LedgerHealth.Unavailable? _failure;
    private LedgerHealth.Unavailable? _full;
    private ChainPoint _head;
    private bool _stopping;
    private bool _closed;

    /// <summary>Whether new records can be taken now.</summary>
    public LedgerHealth Health
    {
        get
        {
            lock (_gate)
                return _failure ?? _full ?? WellHealth;
        }
    }

    /// <summary>The last durable record.</summary>
    public LedgerHead Head
    {
        get
        {
            lock (_gate)
                return _head.ToHead();
        }
    }

    /// <summary>
    /// The payloads that are admitted and have no ending, oldest first: right after opening, those of earlier runs. Space for
    /// their endings is kept; <see cref="EndAsync"/> takes these receipts.
    /// </summary>
    public IReadOnlyList<LedgerReceipt> Unended
    {
        get
        {
            lock (_gate)
                return [.. _open.Where(entry => entry.Value.Sequence > 0).Select(entry => new LedgerReceipt(entry.Key, entry.Value.Sequence)).OrderBy(receipt => receipt.Sequence)];
        }
    }

    /// <summary>What an earlier run left to be seen to; to be asked right after opening.</summary>
    /// <param name="borrowers">Payloads that hold an account, and since when: where one of them has ended, its ending is among those told.</param>
    /// <exception cref="IOException">A segment cannot be read.</exception>
    public EarlierRun ReadEarlierRun(IReadOnlyDictionary<PayloadId, DateTimeOffset> borrowers) => EarlierRunReader.Read(_directory, Unended, borrowers);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The payload is admitted already.</exception>
    public async ValueTask<LedgerReceipt> AdmitAsync(AdmittedRecord record)
    {
        PendingRecord pending = Build(RecordTypes.Admitted, record.Payload, RecordKind.Admission, record, static (json, r) => AdmittedJson.Write(json, r), awaited: true);
        lock (_gate)
        {
            ThrowIfUnavailable_NeedsLock($"admitting payload {record.Payload}");
            if (!_open.TryAdd(record.Payload, new OpenPayload(record.Pilot.Uid)))
                throw new InvalidOperationException($"payload {record.Payload} is admitted already");
            Enqueue_NeedsLock(pending);
        }

        return new LedgerReceipt(record.Payload, await WaitAsync(pending).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The payload is not admitted, or has its ending.</exception>
    public void Started(PayloadId payload, ProcessId process)
    {
        PendingRecord pending = Build(RecordTypes.Started, payload, RecordKind.Start, process, static (json, p) => json.WriteNumber("pid", p.Value), awaited: false);
        lock (_gate)
        {
            if (!_open.TryGetValue(payload, out OpenPayload? open) || open.IsStarted || open.Ending is not null)
                throw new InvalidOperationException($"payload {payload} is not admitted, or was started or ended before");
            open.IsStarted = true;
            Enqueue_NeedsLock(pending);
        }
    }

    /// <summary>
    /// Writes <c>ended</c>, durably, into the space that the receipt kept. After a failure the record stays queued: asking again
    /// for the same payload waits for that record, and never writes a second.
    /// </summary>
    /// <exception cref="LedgerException">Not durable within the deadline.</exception>
    /// <exception cref="InvalidOperationException">The payload is not admitted, or has its ending.</exception>
    public async ValueTask EndAsync(LedgerReceipt receipt, EndedRecord record)
    {
        if (receipt.Payload != record.Payload)
            throw new ArgumentException($"the receipt is of payload {receipt.Payload}, not of {record.Payload}", nameof(receipt));
        PendingRecord pending = Build(RecordTypes.Ended, record.Payload, RecordKind.Ending, record, static (json, r) => EndedJson.Write(json, r), awaited: true);
        lock (_gate)
        {
            ThrowIfClosed_NeedsLock($"ending payload {record.Payload}");
            if (!_open.TryGetValue(record.Payload, out OpenPayload? open) || open.Sequence == 0)
                throw new InvalidOperationException($"payload {record.Payload} is not admitted, or has its ending");
            if (open.Ending is { } asked)
            {
                _buffers.Return(pending.Body);
                pending = asked;
            }
            else
            {
                open.Ending = pending;
                Enqueue_NeedsLock(pending);
            }
        }

        await WaitAsync(pending).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void NotAdmitted(NotAdmitted record)
    {
        lock (_gate)
        {
            if (_stopping)
                return;
            DateTimeOffset now = _clock.GetUtcNow();
            if (_refusals.IsEmpty)
                _window.Change(_options.RefusalWindow, Timeout.InfiniteTimeSpan);
            if (!_refusals.Note(record, now, CanQueue_NeedsLock()))
                return;
            var one = new RefusalSum(record.Pilot.Uid, record.Cause, 1, now, now);
            Enqueue_NeedsLock(Build(RecordTypes.Refused, record.Payload, RecordKind.General, record, static (json, r) => RefusedJson.WriteFirst(json, r),
                awaited: false, lost: () => GiveBack_NeedsLock(one)));
        }
    }

    /// <inheritdoc/>
    public async ValueTask EventAsync(ServiceEvent record)
    {
        PendingRecord pending = Build(RecordTypes.Event, record.Payload, RecordKind.General, record, static (json, r) => EventJson.Write(json, r), awaited: true);
        lock (_gate)
        {
            ThrowIfUnavailable_NeedsLock($"recording '{record.What}'");
            Enqueue_NeedsLock(pending);
        }

        await WaitAsync(pending).ConfigureAwait(false);
    }

    private PendingRecord Build<T>(string type, PayloadId? payload, RecordKind kind, T content, Action<Utf8JsonWriter, T> write, bool awaited, Action? lost = null)
    {
        RecordBuffer body = _buffers.Take();
        write(body.Begin(), content);
        body.End();
        return new PendingRecord(type, payload, kind, body, awaited) { Lost = lost };
    }

    private async Task<long> WaitAsync(PendingRecord pending)
    {
        Task<long> done = pending.Done!.Task;
        try
        {
            return await done.WaitAsync(_options.Deadline, _clock).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            if (GiveUp(pending) is { } late)
                throw new LedgerException(late.Cause, late.Fix, e);
        }

        return await done.ConfigureAwait(false);
    }

    /// <summary>The deadline has passed. Null when the record was finished at that very time.</summary>
    private LedgerHealth.Unavailable? GiveUp(PendingRecord pending)
    {
        lock (_gate)
        {
            if (pending.State == RecordState.Finished)
                return null;
            if (pending.Kind == RecordKind.Admission)
                pending.IsWithdrawn = true;
            return _failure ??= new LedgerHealth.Unavailable(
                string.Create(CultureInfo.InvariantCulture, $"A record of type {pending.Type} for {_directory} was not durable within {_options.Deadline.TotalSeconds} s."),
                "Look at that disk: it does not answer. New payloads are refused until a write succeeds.");
        }
    }

    private void WindowEnded()
    {
        lock (_gate)
        {
            if (!CanQueue_NeedsLock() && !_stopping)
            {
                _window.Change(_options.RefusalWindow, Timeout.InfiniteTimeSpan);
                return;
            }

            WriteSums_NeedsLock();
        }
    }

    private void WriteSums_NeedsLock()
    {
        foreach (RefusalSum sum in _refusals.TakeSums())
        {
            Enqueue_NeedsLock(Build(RecordTypes.Refused, null, RecordKind.General, sum, static (json, s) => RefusedJson.WriteSum(json, s),
                awaited: false, lost: () => GiveBack_NeedsLock(sum)));
        }
    }

    private void GiveBack_NeedsLock(RefusalSum sum)
    {
        if (_stopping)
            return;
        if (_refusals.IsEmpty)
            _window.Change(_options.RefusalWindow, Timeout.InfiniteTimeSpan);
        _refusals.GiveBack(sum);
    }

    private bool CanQueue_NeedsLock() => _failure is null && _queued.Count < MostQueued;

    private void ThrowIfUnavailable_NeedsLock(string what)
    {
        ThrowIfClosed_NeedsLock(what);
        if (_failure is { } failure)
            throw new LedgerException($"The ledger does not take records now ({what}): {failure.Cause}", failure.Fix);
    }

    private void ThrowIfClosed_NeedsLock(string what)
    {
        if (_stopping)
            throw new LedgerException($"The ledger in {_directory} is closed ({what}). {_failure?.Cause}", _failure?.Fix ?? "Start the service again.");
    }

    private void Enqueue_NeedsLock(PendingRecord record)
    {
        Stamp(record);
        _queued.Add(record);
        _wake.Set();
    }

    /// <summary>One payload without an ending.</summary>
    private sealed class OpenPayload(UserId pilot)
    {
        public UserId Pilot { get; } = pilot;

        /// <summary>The number of its <c>admitted</c>; 0 until that is durable.</summary>
        public long Sequence { get; set; }

        public bool IsStarted { get; set; }

        /// <summary>Its <c>ended</c>, on the way.</summary>
        public PendingRecord? Ending { get; set; }
    }
}
