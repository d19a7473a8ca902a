using System.Collections.Concurrent;

namespace Isolation.Daemon;

/// <summary>
/// Closes connections where closing can hang: what a stranger's descriptors in an unread message cost is paid by whoever closes
/// the socket. One thread a uid, for as long as there is something to close; the client has seen its end already (shutdown).
/// </summary>
internal sealed class Closer
{
    private readonly Dictionary<uint, ConcurrentQueue<Action>> _queues = [];
    private readonly Lock _lock = new();

    /// <summary>Runs <paramref name="close"/> on the uid's thread.</summary>
    public void Close(uint uid, Action close)
    {
        lock (_lock)
        {
            if (_queues.TryGetValue(uid, out ConcurrentQueue<Action>? queue))
            {
                queue.Enqueue(close);
                return;
            }

            _queues[uid] = queue = new ConcurrentQueue<Action>([close]);
            new Thread(() => Run(uid, queue), 128 << 10) { IsBackground = true, Name = "connection-closer" }.Start();
        }
    }

    private void Run(uint uid, ConcurrentQueue<Action> queue)
    {
        while (true)
        {
            while (queue.TryDequeue(out Action? close))
                close();
            lock (_lock)
            {
                if (!queue.IsEmpty)
                    continue;
                _queues.Remove(uid);
                return;
            }
        }
    }
}
