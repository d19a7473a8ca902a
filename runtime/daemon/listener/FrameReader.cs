using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>How long a client may take.</summary>
/// <param name="Request">From the start of the connection to its first complete request, and for each later frame from its first byte.</param>
/// <param name="Answer">For taking one answer.</param>
internal sealed record Deadlines(TimeSpan Request, TimeSpan Answer)
{
    public static readonly Deadlines Default = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
}

/// <summary>Cuts a connection's bytes into frames. Memory grows with the bytes that have come, never with the length that is claimed.</summary>
internal sealed class FrameReader(IByteSource source, UidShare share) : IDisposable
{
    private const int FirstSize = 4096;
    private const int FreeSize = 64 << 10;

    private byte[] _buffer = new byte[FirstSize];
    private int _taken;
    private int _start;
    private int _end;

    /// <summary>The next frame's content, valid until the next call; null when the connection ended between two frames.</summary>
    /// <param name="startFrame">Called when the first byte is there; ends the wait for the rest.</param>
    /// <param name="firstByte">Ends the wait for the first byte.</param>
    /// <exception cref="WireException">The bytes are no frame, or end inside one.</exception>
    /// <exception cref="BusyException">Too much of this uid is being read already.</exception>
    /// <exception cref="OperationCanceledException">A deadline passed.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(Func<CancellationToken> startFrame, CancellationToken firstByte)
    {
        if (_start == _end)
        {
            Shrink();
            if (!await FillAsync(firstByte).ConfigureAwait(false))
                return null;
        }

        CancellationToken rest = startFrame();
        await EnsureAsync(FrameFormat.PrefixSize, rest).ConfigureAwait(false);
        int length = FrameFormat.ReadPrefix(_buffer.AsSpan(_start));
        await EnsureAsync(FrameFormat.PrefixSize + length, rest).ConfigureAwait(false);
        ReadOnlyMemory<byte> content = _buffer.AsMemory(_start + FrameFormat.PrefixSize, length);
        _start += FrameFormat.PrefixSize + length;
        return content;
    }

    /// <summary>Nothing will be read for a while: a large buffer goes.</summary>
    public void Rest()
    {
        if (_start == _end)
            Shrink();
        source.Rest();
    }

    public void Dispose()
    {
        share.GiveBytes(_taken);
        _taken = 0;
    }

    private async ValueTask EnsureAsync(int count, CancellationToken ct)
    {
        while (_end - _start < count)
        {
            if (!await FillAsync(ct).ConfigureAwait(false))
                throw new WireException($"the connection ended inside a frame, {_end - _start} of {count} bytes in");
        }
    }

    private async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (_end == _buffer.Length)
            MakeRoom();
        int count = await source.ReceiveAsync(_buffer.AsMemory(_end), ct).ConfigureAwait(false);
        _end += count;
        return count > 0;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            return;
        }

        int size = Math.Min(_buffer.Length * 2, FrameFormat.MaxFrame + FrameFormat.PrefixSize);
        if (size > FreeSize)
        {
            if (!share.TryTakeBytes(size - _buffer.Length))
                throw new BusyException("too many large requests of this uid are being read");
            _taken += size - _buffer.Length;
        }

        Array.Resize(ref _buffer, size);
    }

    private void Shrink()
    {
        (_start, _end) = (0, 0);
        if (_buffer.Length <= FreeSize)
            return;
        _buffer = new byte[FirstSize];
        share.GiveBytes(_taken);
        _taken = 0;
    }
}
