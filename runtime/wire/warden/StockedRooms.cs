using System.Collections.Immutable;

namespace Isolation.Wire;

/// <summary>Body of the answer to <see cref="WardenOperation.Stock"/>: the rooms built ahead.</summary>
/// <param name="Kinds">Each kind of room that was asked for.</param>
public sealed record StockedRooms(ImmutableArray<StockedKind> Kinds)
{
    private const int Most = 256;

    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        to.U32((uint)Kinds.Length);
        foreach (StockedKind kind in Kinds)
            to.U8(kind.Level).Text(kind.Kind).I32(kind.Ready).I64(kind.Hits).I64(kind.Misses).I64(kind.OldestMilliseconds);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static StockedRooms Read(MessageReader from)
    {
        var kinds = new StockedKind[from.Count(Most)];
        for (int i = 0; i < kinds.Length; i++)
            kinds[i] = new StockedKind(from.U8(), from.Text(32), from.I32(), from.I64(), from.I64(), from.I64());
        from.End();
        return new StockedRooms([.. kinds]);
    }
}

/// <summary>The rooms of one kind that were built ahead.</summary>
/// <param name="Level">As in <see cref="BuildRoom"/>.</param>
/// <param name="Kind">As in <see cref="BuildRoom"/>.</param>
/// <param name="Ready">Rooms that wait.</param>
/// <param name="Hits">Payloads that found one, since the warden started.</param>
/// <param name="Misses">Payloads whose room had to be built.</param>
/// <param name="OldestMilliseconds">For how long the oldest has been waiting; 0 where none does.</param>
public sealed record StockedKind(byte Level, string Kind, int Ready, long Hits, long Misses, long OldestMilliseconds);
