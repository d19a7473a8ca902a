namespace Isolation.Core;

/// <summary>Limits of one payload; null where none is set.</summary>
public sealed record Limits
{
    /// <summary>No limit set.</summary>
    public static readonly Limits None = new();

    /// <summary>Wall-clock time from the payload's start.</summary>
    public TimeSpan? Wall { get; init; }

    /// <summary>Memory, bytes; without swap.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Swap, bytes; 0 for none.</summary>
    public long? SwapBytes { get; init; }

    /// <summary>Processes and threads.</summary>
    public long? Processes { get; init; }

    /// <summary>The share of CPU time where it is contended: 1 to 10000, 100 being everybody's (cgroup v2's cpu.weight).</summary>
    public long? CpuWeight { get; init; }

    /// <summary>CPU time per time, in thousandths of one CPU: 1500 is one CPU and a half.</summary>
    public long? MilliCpus { get; init; }

    /// <summary>The share of input and output where it is contended: 1 to 10000, 100 being everybody's (cgroup v2's io.weight).</summary>
    public long? IoWeight { get; init; }

    /// <summary>Open files of each process.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>Space in the payload's scratch, bytes.</summary>
    public long? ScratchBytes { get; init; }

    /// <summary>Files, directories and links in the payload's scratch.</summary>
    public long? ScratchFiles { get; init; }

    /// <summary>The kinds that are set.</summary>
    public LimitKinds Kinds =>
        (Wall is null ? 0 : LimitKinds.Wall) | (MemoryBytes is null ? 0 : LimitKinds.Memory) | (SwapBytes is null ? 0 : LimitKinds.Swap)
        | (Processes is null ? 0 : LimitKinds.Processes) | (CpuWeight is null ? 0 : LimitKinds.CpuWeight) | (MilliCpus is null ? 0 : LimitKinds.Cpus)
        | (IoWeight is null ? 0 : LimitKinds.IoWeight) | (OpenFiles is null ? 0 : LimitKinds.OpenFiles) | (ScratchBytes is null ? 0 : LimitKinds.Scratch)
        | (ScratchFiles is null ? 0 : LimitKinds.ScratchFiles);

    /// <summary>The tighter of both, each kind for itself.</summary>
    public Limits Tightest(Limits other) => new()
    {
        Wall = Least(Wall, other.Wall),
        MemoryBytes = Least(MemoryBytes, other.MemoryBytes),
        SwapBytes = Least(SwapBytes, other.SwapBytes),
        Processes = Least(Processes, other.Processes),
        CpuWeight = Least(CpuWeight, other.CpuWeight),
        MilliCpus = Least(MilliCpus, other.MilliCpus),
        IoWeight = Least(IoWeight, other.IoWeight),
        OpenFiles = Least(OpenFiles, other.OpenFiles),
        ScratchBytes = Least(ScratchBytes, other.ScratchBytes),
        ScratchFiles = Least(ScratchFiles, other.ScratchFiles),
    };

    private static T? Least<T>(T? left, T? right) where T : struct, IComparable<T>
        => left is null ? right : right is null ? left : left.Value.CompareTo(right.Value) <= 0 ? left : right;
}
