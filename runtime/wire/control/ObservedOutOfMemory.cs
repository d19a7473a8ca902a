namespace Isolation.Wire;

/// <summary>Processes of a leaf that the kernel killed for want of memory.</summary>
/// <param name="Kills">How many, by the leaf's counter.</param>
/// <param name="Limit">Whose limit it was (Core: MemoryLimit).</param>
/// <param name="Main">Whether the main process is one of them.</param>
/// <param name="Victims">Who they are, where the kernel's log says so; else empty.</param>
public sealed record ObservedOutOfMemory(long Kills, byte Limit, OutOfMemoryVictim Main, string Victims)
{
    /// <summary>The longest text of the victims, bytes.</summary>
    public const int MaxVictims = 256;

    internal void Write(MessageWriter to) => to.I64(Kills).U8(Limit).U8((byte)Main).Text(Victims);

    internal static ObservedOutOfMemory Read(ref MessageReader from)
    {
        var read = new ObservedOutOfMemory(from.I64(), from.U8(), (OutOfMemoryVictim)from.U8(), from.Text(MaxVictims));
        return Enum.IsDefined(read.Main) ? read : throw new WireException("a victim of no known kind");
    }
}

/// <summary>Whether the main process is among the victims.</summary>
public enum OutOfMemoryVictim : byte
{
    /// <summary>Nobody knows.</summary>
    NotKnown = 0,

    /// <summary>It is.</summary>
    Main = 1,

    /// <summary>The kernel's log names every victim, and it is not.</summary>
    Others = 2,
}
