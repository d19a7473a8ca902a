namespace Isolation.Wire;

/// <summary>Limits of one payload; -1 where none is set.</summary>
/// <param name="WallMilliseconds">Wall-clock time.</param>
/// <param name="MemoryBytes">Memory, without swap.</param>
/// <param name="SwapBytes">Swap.</param>
/// <param name="Processes">Processes and threads.</param>
/// <param name="CpuWeight">1 to 10000.</param>
/// <param name="MilliCpus">Thousandths of one CPU.</param>
/// <param name="IoWeight">1 to 10000.</param>
/// <param name="OpenFiles">Of each process.</param>
/// <param name="ScratchBytes">Space in the scratch.</param>
/// <param name="ScratchFiles">Files in the scratch.</param>
public readonly record struct RoomLimits(
    long WallMilliseconds, long MemoryBytes, long SwapBytes, long Processes, long CpuWeight, long MilliCpus, long IoWeight, long OpenFiles,
    long ScratchBytes, long ScratchFiles)
{
    /// <summary>No limit.</summary>
    public static readonly RoomLimits None = new(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1);

    internal MessageWriter Write(MessageWriter to)
        => to.I64(WallMilliseconds).I64(MemoryBytes).I64(SwapBytes).I64(Processes).I64(CpuWeight).I64(MilliCpus).I64(IoWeight).I64(OpenFiles)
            .I64(ScratchBytes).I64(ScratchFiles);

    internal static RoomLimits Read(ref MessageReader from)
        => new(from.I64(), from.I64(), from.I64(), from.I64(), from.I64(), from.I64(), from.I64(), from.I64(), from.I64(), from.I64());
}

/// <summary>What must hold of a place. The numbers are those of Core's PlacementProperties, Ceilings and LimitLaw.</summary>
/// <param name="Must">Properties without which there is no payload.</param>
/// <param name="Want">Properties that are wanted.</param>
/// <param name="MayLose">Ceilings that may be left behind.</param>
/// <param name="Law">0: limits are enforced or refused; 1: best effort.</param>
public readonly record struct PlaceDemand(byte Must, byte Want, byte MayLose, byte Law)
{
    internal MessageWriter Write(MessageWriter to) => to.U8(Must).U8(Want).U8(MayLose).U8(Law);

    internal static PlaceDemand Read(ref MessageReader from) => new(from.U8(), from.U8(), from.U8(), from.U8());
}
