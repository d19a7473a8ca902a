using System.Buffers.Binary;

namespace Isolation.Wire;

/// <summary>The frames of a control connection, as <see cref="ControlKind"/> describes them.</summary>
public static class ControlFrame
{
    /// <summary>The length of the prefix, bytes.</summary>
    public const int PrefixSize = 4;

    private const int MaxLength = 64 << 10;

    /// <summary>A whole frame.</summary>
    public static byte[] Write(ControlKind kind, Action<MessageWriter>? body)
    {
        MessageWriter message = new();
        message.U8((byte)kind);
        body?.Invoke(message);
        byte[] frame = new byte[PrefixSize + message.Written.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)message.Written.Length);
        message.Written.Span.CopyTo(frame.AsSpan(PrefixSize));
        return frame;
    }

    /// <summary>The length of what follows the prefix: kind and body.</summary>
    /// <exception cref="WireException">It is out of bounds.</exception>
    public static int ReadLength(ReadOnlySpan<byte> prefix)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        return length is 0 or > MaxLength ? throw new WireException($"a control frame of {length} bytes") : (int)length;
    }
}
