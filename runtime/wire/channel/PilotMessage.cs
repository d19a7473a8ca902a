using System.Buffers.Binary;

namespace Isolation.Wire;

/// <summary>
/// One message of the pilot's channel (a SOCK_SEQPACKET pair between a client and its own cell-init): eight bytes,
/// <c>kind</c> (u8), <c>streams</c> (u8), zero (u16), <c>signal</c> (i32, little-endian). A client sends them; a cell only ever answers <see cref="PilotMessageKind.Usage"/>.
/// </summary>
/// <param name="Kind">What it says.</param>
/// <param name="Streams">For <see cref="PilotMessageKind.Streams"/>: bit n is set when stream n is passed; the descriptors follow in that order. A clear bit: that stream is closed.</param>
/// <param name="Signal">For <see cref="PilotMessageKind.Signal"/>: the number.</param>
public readonly record struct PilotMessage(PilotMessageKind Kind, byte Streams, int Signal)
{
    /// <summary>The length of every message, bytes.</summary>
    public const int Size = 8;

    /// <summary>The streams are here: what the client wanted to bring is complete.</summary>
    public static PilotMessage OfStreams(byte present) => new(PilotMessageKind.Streams, present, 0);

    /// <summary>Forward a signal to the payload.</summary>
    public static PilotMessage OfSignal(int number) => new(PilotMessageKind.Signal, 0, number);

    /// <summary>Tell what the payload has used so far.</summary>
    public static PilotMessage OfUsage => new(PilotMessageKind.Usage, 0, 0);

    /// <summary>Writes the eight bytes.</summary>
    public void Write(Span<byte> target)
    {
        target[0] = (byte)Kind;
        target[1] = Streams;
        target[2] = target[3] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], Signal);
    }

    /// <summary>Reads eight bytes; false for anything that no client of this version sends.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out PilotMessage message)
    {
        message = default;
        if (source.Length != Size || source[2] != 0 || source[3] != 0)
            return false;
        message = new PilotMessage((PilotMessageKind)source[0], source[1], BinaryPrimitives.ReadInt32LittleEndian(source[4..]));
        return message switch
        {
            { Kind: PilotMessageKind.Streams, Streams: <= 7, Signal: 0 } => true,
            { Kind: PilotMessageKind.Usage, Streams: 0, Signal: 0 } => true,
            { Kind: PilotMessageKind.Signal, Streams: 0, Signal: > 0 and < 65 } => true,
            _ => false,
        };
    }
}

/// <summary>What a message of the pilot's channel says.</summary>
public enum PilotMessageKind : byte
{
    /// <summary>Standard input, output and error.</summary>
    Streams = 1,

    /// <summary>A signal for the payload.</summary>
    Signal = 2,

    /// <summary>A wish to be told what the payload has used: answered with a <see cref="UsageMessage"/>, or not at all.</summary>
    Usage = 3,
}
