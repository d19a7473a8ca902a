using System.Collections.Concurrent;
using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>
/// A thread for what may hang: a payload's directories and a stranger's descriptors can lie on file systems that do not answer. It does one thing after the
/// other; what hangs has it for good.
/// </summary>
internal sealed class FileThread
{
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly EventFd _asked = EventFd.Create();
    private readonly ulong? _rights;
    private int _notDone;

    /// <summary>Starts it.</summary>
    /// <param name="rights">The capabilities that it has, of those that this thread holds; null for all of them.</param>
    internal FileThread(ulong? rights = null)
    {
        _rights = rights is ulong some ? some & Capabilities.Held : null;
        new Thread(Work, maxStackSize: 256 << 10) { IsBackground = true }.Start();
    }

    /// <summary>All that was begun is done.</summary>
    internal bool IsIdle => Volatile.Read(ref _notDone) == 0;

    /// <summary>Has it done, after what was begun before. It must not throw.</summary>
    internal void Begin(Action work)
    {
        Interlocked.Increment(ref _notDone);
        _work.Enqueue(work);
        _asked.Raise();
    }

    private void Work()
    {
        if (_rights is ulong rights)
            Capabilities.KeepOnly(rights);
        while (true)
        {
            _ = Sys.Poll(_asked, PollEvents.In, -1);
            _asked.Clear();
            while (_work.TryDequeue(out Action? next))
            {
                next();
                Interlocked.Decrement(ref _notDone);
            }
        }
    }
}
