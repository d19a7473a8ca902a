using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>
/// Waits for events of descriptors on one thread, for everybody. A watch tells once. Callbacks run on that thread: they only
/// complete a task or cancel a token. A descriptor can be in one watch at a time, and leaves it before it is closed.
/// </summary>
internal sealed class EventWatch : IDisposable
{
    private const ulong StopKey = 0;

    private readonly EventQueue _queue = EventQueue.Create();
    private readonly EventFd _stop = EventFd.Create();
    private readonly ConcurrentDictionary<ulong, Action> _callbacks = new();
    private readonly Thread _thread;
    private ulong _lastKey = StopKey;

    public EventWatch()
    {
        _queue.Add(_stop, PollEvents.In, StopKey);
        _thread = new Thread(Run, 256 << 10) { IsBackground = true, Name = "event-watch" };
        _thread.Start();
    }

    /// <summary>Calls back once, when the event is there; errors and hang-ups count. Disposing the returned value ends the watch.</summary>
    public IDisposable Watch(SafeHandle fd, PollEvents wanted, Action callback)
    {
        ulong key = Interlocked.Increment(ref _lastKey);
        _callbacks[key] = callback;
        try
        {
            _queue.Add(fd, wanted, key);
        }
        catch
        {
            _callbacks.TryRemove(key, out _);
            throw;
        }

        return new Registration(this, fd, key);
    }

    /// <summary>Completes when the event is there.</summary>
    public async ValueTask WhenAsync(SafeHandle fd, PollEvents wanted, CancellationToken ct)
    {
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable watch = Watch(fd, wanted, () => seen.TrySetResult());
        using CancellationTokenRegistration cancelled = ct.UnsafeRegister(_ => seen.TrySetCanceled(ct), null);
        await seen.Task.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _stop.Raise();
        _thread.Join();
        _queue.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        Span<ulong> keys = stackalloc ulong[64];
        while (true)
        {
            int count = _queue.Wait(keys);
            foreach (ulong key in keys[..count])
            {
                if (key == StopKey)
                    return;
                if (_callbacks.TryRemove(key, out Action? callback))
                    callback();
            }
        }
    }

    private sealed class Registration(EventWatch watch, SafeHandle fd, ulong key) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            watch._callbacks.TryRemove(key, out _);
            try
            {
                watch._queue.Remove(fd);
            }
            catch (ObjectDisposedException)
            {
                // Closed first: closing took it out.
            }
        }
    }
}
