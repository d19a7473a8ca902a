using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>One control connection from a warden: frames in and out, and the proof of the cell's secret. Used by the main thread only.</summary>
internal sealed class ControlConnection(UnixSocket socket) : IDisposable
{
    private const int MaxDescriptors = EnterCell.FixedDescriptors + EnterCell.MaxCounters + EnterCell.MaxTaskFiles + OwnRoom.Most;

    private readonly List<Descriptor> _descriptors = [];
    private byte[] _buffer = new byte[8192];
    private int _filled;

    /// <summary>The number, for poll.</summary>
    internal int Number => socket.Number;

    /// <summary>True once the warden has proved the secret.</summary>
    internal bool IsProven { get; private set; }

    private byte[] WardenNonce { get; set; } = [];

    private byte[] OwnNonce { get; } = Sys.RandomBytes(CellProof.NonceSize);

    /// <summary>Reads what is there; false when the connection is over.</summary>
    internal bool TryFill()
    {
        if (_buffer.Length - _filled < 4096)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        Received received = Sys.Receive(socket, _buffer.AsSpan(_filled), MaxDescriptors, out _);
        _descriptors.AddRange(received.Descriptors);
        if (received.Length <= 0)
            return false;
        _filled += received.Length;
        return true;
    }

    /// <summary>Takes the next whole frame.</summary>
    /// <exception cref="WireException">The frame's length is out of bounds.</exception>
    internal bool TryTake(out ControlKind kind, out byte[] body)
    {
        (kind, body) = (default, []);
        if (_filled < ControlFrame.PrefixSize)
            return false;
        int end = ControlFrame.PrefixSize + ControlFrame.ReadLength(_buffer);
        if (_filled < end)
            return false;
        kind = (ControlKind)_buffer[ControlFrame.PrefixSize];
        body = _buffer[(ControlFrame.PrefixSize + 1)..end];
        _buffer.AsSpan(end, _filled - end).CopyTo(_buffer);
        _filled -= end;
        return true;
    }

    /// <summary>The descriptors that came so far; the caller owns them.</summary>
    internal Descriptor[] TakeDescriptors()
    {
        Descriptor[] taken = [.. _descriptors];
        _descriptors.Clear();
        return taken;
    }

    /// <summary>Answers the warden's challenge, or checks its proof.</summary>
    /// <returns>False when the other side does not know the secret.</returns>
    internal bool TryProve(byte[] secret, ControlKind kind, byte[] body)
    {
        switch (kind)
        {
            case ControlKind.Challenge when body.Length == CellProof.NonceSize && WardenNonce.Length == 0:
                WardenNonce = body;
                byte[] proof = CellProof.OfCell(secret, WardenNonce, OwnNonce);
                return TrySend(ControlKind.CellProof, w => w.Bytes(OwnNonce).Bytes(proof).U32(ControlVersion.Newest));
            case ControlKind.WardenProof when WardenNonce.Length > 0:
                IsProven = CellProof.AreEqual(body, CellProof.OfWarden(secret, WardenNonce, OwnNonce));
                CrashPoint.Reach("cell-init: warden proven", IsProven);
                return IsProven;
            default:
                return false;
        }
    }

    /// <summary>Sends a frame; false when the connection is over. Small, so that it never waits for a warden that is stopped.</summary>
    internal bool TrySend(ControlKind kind, Action<MessageWriter>? body = null)
    {
        if (socket.IsClosed)
            return false; // its question came over a connection that another has replaced
        byte[] frame = ControlFrame.Write(kind, body);
        return Sys.TrySend(socket, frame, [], out _) == frame.Length;
    }

    public void Dispose()
    {
        foreach (Descriptor descriptor in _descriptors)
            descriptor.Dispose();
        socket.Dispose();
    }
}
