using System.Buffers.Binary;

namespace Isolation.Wire;

/// <summary>
/// Frames on <c>isolation.sock</c>: the length of what follows (u32, big-endian), then one JSON object in UTF-8, whose member
/// <c>type</c> says what it is. See docs/protocol.md.
/// </summary>
public static class FrameFormat
{
    /// <summary>The version of the protocol; in the first frame of either side.</summary>
    public const int Version = 1;

    /// <summary>The length of the prefix, bytes.</summary>
    public const int PrefixSize = 4;

    /// <summary>The largest frame: the largest command in base64, and what surrounds it.</summary>
    public const int MaxFrame = 10 << 20;

    /// <summary>Writes the prefix for a frame of that length.</summary>
    public static void WritePrefix(Span<byte> target, int length) => BinaryPrimitives.WriteUInt32BigEndian(target, (uint)length);

    /// <summary>Reads the prefix.</summary>
    /// <exception cref="WireException">The frame would be empty or too large.</exception>
    public static int ReadPrefix(ReadOnlySpan<byte> prefix)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        return length is 0 or > MaxFrame
            ? throw new WireException($"a frame of {length} bytes; 1 to {MaxFrame} are allowed")
            : (int)length;
    }
}
