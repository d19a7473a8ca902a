using System.Buffers.Binary;
using System.Text;

namespace Isolation.Wire;

/// <summary>Reads one binary message. Every length has a bound, and bytes left over are an error.</summary>
public ref struct MessageReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>One byte.</summary>
    /// <exception cref="WireException">The message is too short; likewise for all that follow.</exception>
    public byte U8() => Take(1)[0];

    /// <summary>A yes or no.</summary>
    public bool Flag() => U8() switch
    {
        0 => false,
        1 => true,
        byte other => throw new WireException($"a flag is 0 or 1, not {other}"),
    };

    /// <summary>32 bits, unsigned.</summary>
    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>32 bits, signed.</summary>
    public int I32() => unchecked((int)U32());

    /// <summary>64 bits, signed.</summary>
    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>A UUID.</summary>
    public Guid Id() => new(Take(16), bigEndian: true);

    /// <summary>A count of at most <paramref name="most"/>.</summary>
    public int Count(int most)
    {
        uint count = U32();
        return count <= most ? (int)count : throw new WireException($"a count of {count}, where at most {most} is allowed");
    }

    /// <summary>At most <paramref name="most"/> bytes.</summary>
    public byte[] Bytes(int most) => Take(Count(most)).ToArray();

    /// <summary>Text of at most <paramref name="most"/> bytes of UTF-8; what is not UTF-8 becomes U+FFFD.</summary>
    public string Text(int most) => Encoding.UTF8.GetString(Take(Count(most)));

    /// <summary>Everything has been read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Nothing may be left.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
            throw new WireException($"{_rest.Length} bytes too many at the end of a message");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count)
            throw new WireException($"the message ends {count - _rest.Length} bytes too early");
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
