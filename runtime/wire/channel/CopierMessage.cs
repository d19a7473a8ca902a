using System.Buffers.Binary;

namespace Isolation.Wire;

/// <summary>
/// One message between a client and the process that copies for it (a SOCK_SEQPACKET pair): sixteen bytes, <c>kind</c> (u8), zero (three bytes),
/// <c>number</c> (u32, little-endian), <c>length</c> (i64, little-endian), then a name or data. The client asks one thing at a time.
/// </summary>
/// <param name="Kind">What it says.</param>
/// <param name="Number">For <see cref="CopierMessageKind.Put"/> and <see cref="CopierMessageKind.File"/> the file's mode, for <see cref="CopierMessageKind.Status"/> an error number; otherwise 0.</param>
/// <param name="Length">For <see cref="CopierMessageKind.Skip"/> the length of the hole, for <see cref="CopierMessageKind.File"/> the file's; otherwise 0.</param>
public readonly record struct CopierMessage(CopierMessageKind Kind, uint Number, long Length)
{
    /// <summary>The length of the fixed part, bytes.</summary>
    public const int HeaderSize = 16;

    /// <summary>The most data in one message.</summary>
    public const int MostData = 64 << 10;

    /// <summary>The largest message.</summary>
    public const int MostBytes = HeaderSize + MostData;

    /// <summary>Writes the fixed part.</summary>
    public void Write(Span<byte> target)
    {
        target[..HeaderSize].Clear();
        target[0] = (byte)Kind;
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], Length);
    }

    /// <summary>Reads the fixed part; false for what neither side of this version sends.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out CopierMessage message)
    {
        message = default;
        if (source.Length is < HeaderSize or > MostBytes || source[1] != 0 || source[2] != 0 || source[3] != 0)
            return false;
        message = new CopierMessage(
            (CopierMessageKind)source[0], BinaryPrimitives.ReadUInt32LittleEndian(source[4..]), BinaryPrimitives.ReadInt64LittleEndian(source[8..]));
        int rest = source.Length - HeaderSize;
        return message switch
        {
            { Kind: CopierMessageKind.Put, Number: <= 0x1ff, Length: 0 } => rest > 0,
            { Kind: CopierMessageKind.Get, Number: 0, Length: 0 } => rest > 0,
            { Kind: CopierMessageKind.Data, Number: 0, Length: 0 } => rest > 0,
            { Kind: CopierMessageKind.Skip, Number: 0, Length: > 0 } => rest == 0,
            { Kind: CopierMessageKind.End, Number: 0, Length: 0 } => rest == 0,
            { Kind: CopierMessageKind.Status, Length: 0 } => rest == 0,
            { Kind: CopierMessageKind.File, Number: <= 0x1ff, Length: >= 0 } => rest == 0,
            _ => false,
        };
    }
}

/// <summary>What a message to or from the copying process says.</summary>
public enum CopierMessageKind : byte
{
    /// <summary>Client: make this file, with this mode; its data follows, then <see cref="End"/>. Answered by <see cref="Status"/>.</summary>
    Put = 1,

    /// <summary>Either: the next bytes of the file.</summary>
    Data = 2,

    /// <summary>Either: so many zeros follow.</summary>
    Skip = 3,

    /// <summary>Client: the file is complete.</summary>
    End = 4,

    /// <summary>Client: send this file. Answered by <see cref="File"/>, its data and <see cref="Status"/>, or by that alone.</summary>
    Get = 5,

    /// <summary>Copier: done, with 0, or not, with the kernel's error number.</summary>
    Status = 6,

    /// <summary>Copier: a regular file of this mode and length; its data follows.</summary>
    File = 7,
}
