using System.Collections.Concurrent;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>
/// One connection to the warden: numbered requests, many at a time. A request goes out on the caller's thread unless the warden is
/// behind; then a thread of its own sends, and nobody waits. <see cref="Read"/> is the only reader. Once broken it stays so.
/// </summary>
internal sealed class WardenChannel : IDisposable
{
    private readonly UnixSocket _socket;
    private readonly ConcurrentDictionary<uint, TaskCompletionSource<WardenReply>> _pending = new();
    private readonly Queue<(byte[] Message, Descriptor[] Descriptors)> _unsent = [];
    private readonly Lock _sending = new();
    private uint _lastNumber;
    private string? _broken;

    private WardenChannel(UnixSocket socket) => _socket = socket;

    /// <summary>Connects, and agrees on the version.</summary>
    /// <param name="path">The warden's socket.</param>
    /// <param name="uid">Whose it must be: root's.</param>
    /// <param name="milliseconds">How long the warden may take to say hello.</param>
    /// <exception cref="IOException">Nobody answers there.</exception>
    /// <exception cref="WireException">Whoever answers is not root, or speaks another version.</exception>
    public static WardenChannel Connect(string path, uint uid, int milliseconds)
    {
        UnixSocket socket = UnixSocket.Connect(UnixSocketKind.SeqPacket, path);
        try
        {
            uint peer = Sys.PeerCredentialsOf(socket).Uid;
            if (peer != uid)
                throw new WireException($"{path} is answered by uid {peer}, not by {uid}");
            Sys.SetNonBlocking(socket, true);
            WardenChannel channel = new(socket);
            channel.Greet(milliseconds);
            return channel;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks. The descriptors stay the caller's.</summary>
    /// <exception cref="SetupException">The connection is broken, or breaks before the answer.</exception>
    public Task<WardenReply> AskAsync(WardenOperation operation, Action<MessageWriter>? body, ReadOnlySpan<Descriptor> descriptors = default)
    {
        TaskCompletionSource<WardenReply> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        uint number = Interlocked.Increment(ref _lastNumber);
        _pending[number] = answer;
        try
        {
            Send(Message(operation, number, body), descriptors);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Break($"the connection to the warden broke: {e.Message}");
        }

        // Broken before or meanwhile: nobody else will complete it.
        if (Volatile.Read(ref _broken) is string cause && _pending.TryRemove(number, out _))
            answer.TrySetException(Gone(cause));
        return answer.Task;
    }

    /// <summary>Reads answers until the connection ends. Returns why.</summary>
    public string Read()
    {
        byte[] buffer = new byte[WardenProtocol.MaxMessage];
        try
        {
            while (true)
            {
                Received received = Sys.Receive(_socket, buffer, WardenProtocol.MaxDescriptors, out int errno);
                if (received.Length == 0)
                    return Break("it closed the connection");
                if (received.Length > 0)
                    Deliver(buffer.AsSpan(0, received.Length), received);
                else if (errno == Errno.EAGAIN)
                    _ = Sys.Poll(_socket, PollEvents.In, -1);
                else
                    return Break($"recvmsg: {ErrnoText.Of(errno)}");
            }
        }
        catch (Exception e) when (e is WireException or IOException or ObjectDisposedException)
        {
            return Break(e.Message);
        }
    }

    /// <summary>Ends the connection; whoever reads wakes up.</summary>
    public void Shutdown() => _socket.Shutdown();

    public void Dispose()
    {
        Break("the connection was closed");
        _socket.Dispose();
    }

    private void Greet(int milliseconds)
    {
        byte[] message = Message(WardenOperation.Hello, 0, w => w.U32(WardenProtocol.Version));
        _ = Sys.Send(_socket, message, []);
        if (Sys.Poll(_socket, PollEvents.In, milliseconds) == PollEvents.None)
            throw new IOException($"the warden did not say hello within {milliseconds} ms");
        byte[] buffer = new byte[WardenProtocol.MaxMessage];
        Received received = Sys.Receive(_socket, buffer, 0, out int errno);
        if (received.Length <= 0)
            throw new IOException(received.Length == 0 ? "the warden closed the connection instead of saying hello" : ErrnoText.Of(errno));
        (uint number, WardenReply reply) = Parse(buffer.AsSpan(0, received.Length), []);
        if (number != 0)
            throw new WireException("the warden's first answer is not to the hello");
        try
        {
            reply.Done();
        }
        catch (SetupException e)
        {
            throw new WireException($"the warden does not talk to this program: {e.Message}", e);
        }
    }

    private void Deliver(ReadOnlySpan<byte> message, Received received)
    {
        if (received.IsTruncated)
            throw new WireException("a message of the warden's is too long");
        (uint number, WardenReply reply) = Parse(message, received.Descriptors);
        if (!_pending.TryRemove(number, out TaskCompletionSource<WardenReply>? answer) || !answer.TrySetResult(reply))
            reply.Dispose();
    }

    private static (uint Number, WardenReply Reply) Parse(ReadOnlySpan<byte> message, Descriptor[] descriptors)
    {
        var reader = new MessageReader(message);
        var answer = (WardenAnswer)reader.U8();
        uint number = reader.U32();
        if (!Enum.IsDefined(answer))
            throw new WireException($"the warden's answer {(byte)answer} is of no known kind");
        return (number, new WardenReply(answer, message[5..].ToArray(), descriptors));
    }

    private static byte[] Message(WardenOperation operation, uint number, Action<MessageWriter>? body)
    {
        MessageWriter writer = new MessageWriter().U8((byte)operation).U32(number);
        body?.Invoke(writer);
        return writer.Written.ToArray();
    }

    private void Send(byte[] message, ReadOnlySpan<Descriptor> descriptors)
    {
        lock (_sending)
        {
            if (_unsent.Count == 0 && TrySend(message, descriptors))
                return;
            // Copies: the caller may close its own before they go.
            _unsent.Enqueue((message, [.. descriptors.ToArray().Select(d => d.Duplicate())]));
            if (_unsent.Count == 1)
                new Thread(SendUnsent, 128 << 10) { IsBackground = true, Name = "warden-sender" }.Start();
        }
    }

    private bool TrySend(byte[] message, ReadOnlySpan<Descriptor> descriptors)
    {
        Span<int> numbers = stackalloc int[descriptors.Length];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = descriptors[i].Number;
        if (Sys.TrySend(_socket, message, numbers, out int errno) >= 0)
            return true;
        return errno == Errno.EAGAIN ? false : throw new SyscallException("sendmsg", "warden", errno);
    }

    private void SendUnsent()
    {
        try
        {
            while (true)
            {
                _ = Sys.Poll(_socket, PollEvents.Out, -1);
                lock (_sending)
                {
                    (byte[] message, Descriptor[] descriptors) = _unsent.Peek();
                    if (!TrySend(message, descriptors))
                        continue;
                    _unsent.Dequeue();
                    foreach (Descriptor sent in descriptors)
                        sent.Dispose();
                    if (_unsent.Count == 0)
                        return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Break($"the connection to the warden broke: {e.Message}");
        }
    }

    private string Break(string cause)
    {
        Interlocked.CompareExchange(ref _broken, cause, null);
        try
        {
            _socket.Shutdown();
        }
        catch (ObjectDisposedException)
        {
            // Disposed while the reader was on its way here: closed is as good as shut down.
        }

        foreach (uint number in _pending.Keys)
        {
            if (_pending.TryRemove(number, out TaskCompletionSource<WardenReply>? answer))
                answer.TrySetException(Gone(cause));
        }

        return cause;
    }

    private static WardenGoneException Gone(string cause) => new($"the warden went away: {cause}", "what it was doing is not known");
}
