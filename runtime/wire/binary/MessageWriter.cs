using System.Buffers.Binary;
using System.Text;

namespace Isolation.Wire;

/// <summary>Writes one binary message: little-endian numbers, and byte strings behind their 32-bit length.</summary>
public sealed class MessageWriter
{
    private byte[] _bytes = new byte[256];
    private int _length;

    /// <summary>What was written so far.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>One byte.</summary>
    public MessageWriter U8(byte value)
    {
        Room(1)[0] = value;
        return this;
    }

    /// <summary>A yes or no, one byte.</summary>
    public MessageWriter Flag(bool value) => U8(value ? (byte)1 : (byte)0);

    /// <summary>32 bits, unsigned.</summary>
    public MessageWriter U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);
        return this;
    }

    /// <summary>32 bits, signed.</summary>
    public MessageWriter I32(int value) => U32(unchecked((uint)value));

    /// <summary>64 bits, signed.</summary>
    public MessageWriter I64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Room(8), value);
        return this;
    }

    /// <summary>A UUID, 16 bytes in the order of RFC 9562.</summary>
    public MessageWriter Id(Guid value)
    {
        value.TryWriteBytes(Room(16), bigEndian: true, out _);
        return this;
    }

    /// <summary>Bytes behind their length.</summary>
    public MessageWriter Bytes(ReadOnlySpan<byte> value)
    {
        U32((uint)value.Length);
        value.CopyTo(Room(value.Length));
        return this;
    }

    /// <summary>UTF-8 text behind its length in bytes.</summary>
    public MessageWriter Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - _length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
