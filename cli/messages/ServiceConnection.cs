using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>One connection to <c>isolation.sock</c>: frames out, frames in, and the descriptors that come with <c>entered</c>.</summary>
internal sealed class ServiceConnection : IDisposable
{
    /// <summary>How long connecting, sending and the service's hello may take, seconds; longer counts as no answer.</summary>
    public const int Patience = 30;

    private readonly UnixSocket _socket;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(16 << 10);
    private int _start;
    private int _end;
    private const int MostDescriptors = 2;
    private readonly Queue<Descriptor> _descriptors = [];
    private bool _expectsDescriptors = true;

    /// <summary>Over a socket that is connected, or that somebody is about to connect; takes it over.</summary>
    public ServiceConnection(UnixSocket socket) => _socket = socket;

    /// <summary>The socket, to poll.</summary>
    public Descriptor Socket => _socket;

    /// <summary>Connects; null, with the error number, when nobody listens.</summary>
    public static ServiceConnection? TryOpen(ReadOnlySpan<byte> path, out int errno)
        => Sys.TryConnectWithin(UnixSocketKind.Stream, path, Patience, out errno) is { } socket ? new ServiceConnection(socket) : null;

    /// <summary>Sends everything; false, with the error number, when the service stopped reading. It may have said why before.</summary>
    public bool TrySend(ReadOnlySpan<byte> bytes, out int errno)
    {
        errno = 0;
        while (!bytes.IsEmpty)
        {
            int sent = Sys.TrySend(_socket, bytes, [], out errno);
            if (sent < 0)
                return false;
            bytes = bytes[sent..];
        }

        return true;
    }

    /// <summary>The next frame, already received; false when more has to come. It is valid until the next <see cref="Fill"/>.</summary>
    /// <exception cref="WireException">What came is no frame of this protocol.</exception>
    public bool TryTake(out JsonView frame)
    {
        frame = default;
        if (_end - _start < FrameFormat.PrefixSize)
            return false;
        int length = FrameFormat.ReadPrefix(_buffer.AsSpan(_start));
        if (_end - _start - FrameFormat.PrefixSize < length)
            return false;
        ReadOnlyMemory<byte> json = _buffer.AsMemory(_start + FrameFormat.PrefixSize, length);
        _start += FrameFormat.PrefixSize + length;
        if (!JsonView.IsObject(json.Span))
            throw new WireException("a frame of the service is no JSON object");
        frame = new JsonView(json);
        return true;
    }

    /// <summary>The next descriptor that came along, the caller's from then on; null when there is none.</summary>
    public Descriptor? TakeDescriptor() => _descriptors.TryDequeue(out Descriptor? descriptor) ? descriptor : null;

    /// <summary>What comes next brings descriptors again.</summary>
    public void ExpectDescriptors() => _expectsDescriptors = true;

    /// <summary>Receives once what is there, or waits for it.</summary>
    /// <returns>False at the end of the connection.</returns>
    public bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        if (!_expectsDescriptors)
        {
            int count = Sys.TryRead(_socket, _buffer.AsSpan(_end), out _);
            _end += Math.Max(count, 0);
            return count > 0;
        }

        Received received = Sys.Receive(_socket, _buffer.AsSpan(_end), MostDescriptors, out _);
        _end += Math.Max(received.Length, 0);
        foreach (Descriptor descriptor in received.Descriptors)
            _descriptors.Enqueue(descriptor);
        _expectsDescriptors = received.Descriptors.Length == 0;

        return received.Length > 0;
    }

    /// <summary>The next frame; null at the end of the connection, or when nothing came in that time.</summary>
    /// <exception cref="WireException">What came is no frame of this protocol.</exception>
    public JsonView? Next(int milliseconds)
    {
        JsonView frame;
        while (!TryTake(out frame))
        {
            if (milliseconds >= 0 && Sys.Poll(_socket, PollEvents.In, milliseconds) == PollEvents.None)
                return null;
            if (!Fill())
                return null;
        }

        return frame;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        while (TakeDescriptor() is { } unused)
            unused.Dispose();
    }
}
