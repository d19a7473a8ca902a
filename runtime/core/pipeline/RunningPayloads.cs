using System.Collections.Concurrent;

namespace Isolation.Core;

/// <summary>The payloads between entering and their durable ending. Thread-safe.</summary>
public sealed class RunningPayloads
{
    private readonly ConcurrentDictionary<PayloadId, RunningPayload> _payloads = new();

    /// <summary>All of them, oldest first.</summary>
    public IReadOnlyList<RunningPayload> All => [.. _payloads.Values.OrderBy(p => p.Request.Id.Value)];

    /// <summary>The payload of that id, or null.</summary>
    public RunningPayload? Find(PayloadId id) => _payloads.GetValueOrDefault(id);

    /// <summary>Adds one until the returned value is disposed.</summary>
    public IDisposable Add(RunningPayload payload)
    {
        _payloads[payload.Request.Id] = payload;
        return new Membership(_payloads, payload.Request.Id);
    }

    private sealed class Membership(ConcurrentDictionary<PayloadId, RunningPayload> payloads, PayloadId id) : IDisposable
    {
        public void Dispose() => payloads.TryRemove(id, out _);
    }
}
