using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>
/// Reads on a thread of its own that may block for ever: on kernels without SO_PASSRIGHTS a receive closes whatever descriptors
/// came with the bytes, and a stranger decides how long that takes (kernel-traps: 6.2 s for a lingering socket). Where the peer
/// could not be held by SO_PEERPIDFD, all bytes must have been sent by the process whose pidfd was opened at accept.
/// One receive at a time. The thread ends at <see cref="Rest"/>, or when the socket is shut down.
/// </summary>
internal sealed class ThreadSource(UnixSocket socket, UidShare share, int? sender) : IByteSource
{
    private const int StackSize = 128 << 10;

    private readonly object _gate = new();
    private Pending? _pending;
    private bool _isRunning;
    private bool _rests;
    private volatile bool _isProven;

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken ct)
    {
        Pending pending = new(buffer);
        lock (_gate)
        {
            _rests = false;
            if (!_isRunning)
            {
                if (!share.TryTakeThread())
                    throw new BusyException("too many connections of this uid are being read");
                _isRunning = true;
                new Thread(Run, StackSize) { IsBackground = true, Name = "connection-reader" }.Start();
            }

            _pending = pending;
            Monitor.Pulse(_gate);
        }

        ReceivedBytes received = await pending.Done.Task.WaitAsync(ct).ConfigureAwait(false);
        if (received.HadDescriptors)
            throw new WireException("descriptors came with a frame");
        if (received.Length > 0 && !_isProven && sender is int expected && received.Sender?.Pid != expected)
            throw new WireException($"process {received.Sender?.Pid} sends over the connection of process {expected}");
        return received.Length;
    }

    public void Proven() => _isProven = true;

    public void Rest()
    {
        lock (_gate)
        {
            _rests = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (Next() is Pending pending)
        {
            try
            {
                pending.Done.TrySetResult(Receive(pending.Buffer.Span));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                pending.Done.TrySetException(new IOException("the connection was closed", e));
            }
        }
    }

    private ReceivedBytes Receive(Span<byte> buffer)
    {
        while (true)
        {
            ReceivedBytes received = Sys.ReceiveBytes(socket, buffer, out int errno);
            if (received.Length >= 0)
                return received;
            if (errno != Errno.EAGAIN)
                throw new SyscallException("recvmsg", "connection", errno);
            _ = Sys.Poll(socket, PollEvents.In, -1);
        }
    }

    private Pending? Next()
    {
        lock (_gate)
        {
            while (_pending is null && !_rests)
                Monitor.Wait(_gate);
            if (_pending is { } next)
            {
                _pending = null;
                return next;
            }

            _isRunning = false;
            share.GiveThread();
            return null;
        }
    }

    private sealed class Pending(Memory<byte> buffer)
    {
        public Memory<byte> Buffer { get; } = buffer;

        public TaskCompletionSource<ReceivedBytes> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
