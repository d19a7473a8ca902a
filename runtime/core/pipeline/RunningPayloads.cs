using System.Collections.Concurrent;

namespace Isolation.Core;

/// <summary>The payloads between entering and their durable ending, and for a while what came of those that are over. Thread-safe.</summary>
public sealed class RunningPayloads
{
    /// <summary>So many results are kept: a client that lost its connection when the service was started again comes within seconds.</summary>
    public const int MostOver = 1024;

    private readonly ConcurrentDictionary<PayloadId, OverPayload> _over = new();
    private readonly ConcurrentQueue<PayloadId> _overSince = new();
    private readonly ConcurrentDictionary<PayloadId, RunningPayload> _payloads = new();
    private long _knownSince;

    /// <summary>All of them, oldest first.</summary>
    public IReadOnlyList<RunningPayload> All => [.. _payloads.Values.OrderBy(p => p.Request.Id.Value)];

    /// <summary>The payload of that id, or null.</summary>
    public RunningPayload? Find(PayloadId id) => _payloads.GetValueOrDefault(id);

    /// <summary>What came of a payload that is over; null when nobody knows it any more.</summary>
    public OverPayload? FindOver(PayloadId id) => _over.GetValueOrDefault(id);

    /// <summary>True for an id that was given so long ago that its payload may have ended without being known here any more.</summary>
    public bool MayBeForgotten(PayloadId id) => id.Time.UtcTicks <= Volatile.Read(ref _knownSince);

    /// <summary>Of payloads whose ids were given until then nothing is known but what is kept here.</summary>
    public void ForgetUntil(DateTimeOffset time)
    {
        for (long before = Volatile.Read(ref _knownSince); time.UtcTicks > before; before = Volatile.Read(ref _knownSince))
        {
            if (Interlocked.CompareExchange(ref _knownSince, time.UtcTicks, before) == before)
                return;
        }
    }

    /// <summary>Adds one until the returned value is disposed.</summary>
    public IDisposable Add(RunningPayload payload)
    {
        _payloads[payload.Request.Id] = payload;
        return new Membership(this, payload);
    }

    /// <summary>Keeps what came of a payload; of too many the oldest is forgotten.</summary>
    public void Keep(OverPayload over)
    {
        if (!_over.TryAdd(over.Id, over))
            return;
        _overSince.Enqueue(over.Id);
        while (_over.Count > MostOver && _overSince.TryDequeue(out PayloadId oldest))
        {
            ForgetUntil(oldest.Time);
            _over.TryRemove(oldest, out _);
        }
    }

    private void Remove(RunningPayload payload)
    {
        // Kept before it is removed: whoever looks for it finds it in the one or the other.
        if (payload.Result is PayloadResult result)
            Keep(new OverPayload(payload.Request.Id, payload.Request.Pilot.Uid, payload.Request.Pilot.Job, payload.HandleDigest, result));
        _payloads.TryRemove(payload.Request.Id, out _);
    }

    private sealed class Membership(RunningPayloads payloads, RunningPayload payload) : IDisposable
    {
        public void Dispose() => payloads.Remove(payload);
    }
}
