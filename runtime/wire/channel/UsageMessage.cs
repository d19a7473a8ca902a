using System.Buffers.Binary;

namespace Isolation.Wire;

/// <summary>
/// What a cell answers to <see cref="PilotMessageKind.Usage"/>: <c>kind</c> (u8, 3), zero (u8), how many figures (u16), zero (u32), then for each its number (u8) and
/// value (i64), all little-endian. The numbers are those of Core's UsageFigure; a value below zero: not available.
/// </summary>
public static class UsageMessage
{
    private const int Header = 8;
    private const int Each = 9;

    /// <summary>The longest message, bytes.</summary>
    public const int MostBytes = Header + (Each * ObservedUsage.Most);

    /// <summary>Writes it.</summary>
    public static byte[] Write(ObservedUsage usage)
    {
        byte[] message = new byte[Header + (Each * usage.Figures.Length)];
        message[0] = (byte)PilotMessageKind.Usage;
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(2), (ushort)usage.Figures.Length);
        for (int i = 0; i < usage.Figures.Length; i++)
        {
            Span<byte> place = message.AsSpan(Header + (i * Each), Each);
            place[0] = usage.Figures[i].Number;
            BinaryPrimitives.WriteInt64LittleEndian(place[1..], usage.Figures[i].Value);
        }

        return message;
    }

    /// <summary>Reads it; null for anything else.</summary>
    public static ObservedUsage? TryRead(ReadOnlySpan<byte> message)
    {
        if (message.Length < Header || message[0] != (byte)PilotMessageKind.Usage)
            return null;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(message[2..]);
        if (count > ObservedUsage.Most || message.Length != Header + (count * Each))
            return null;
        var figures = new ObservedFigure[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> place = message[(Header + (i * Each))..];
            figures[i] = new ObservedFigure(place[0], BinaryPrimitives.ReadInt64LittleEndian(place[1..]));
        }

        return new ObservedUsage(figures);
    }
}
