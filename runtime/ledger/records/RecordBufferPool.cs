using System.Collections.Concurrent;

namespace Isolation.Ledger;

/// <summary>Buffers of records that are written, kept for the next ones; bounded.</summary>
internal sealed class RecordBufferPool
{
    private const int Kept = 64;
    private readonly ConcurrentQueue<RecordBuffer> _free = new();

    public RecordBuffer Take() => _free.TryDequeue(out RecordBuffer? buffer) ? buffer : new RecordBuffer();

    public void Return(RecordBuffer buffer)
    {
        if (buffer.IsWorthKeeping && _free.Count < Kept)
            _free.Enqueue(buffer);
    }
}
