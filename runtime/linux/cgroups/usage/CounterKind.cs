using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>The counters of a leaf: files that the host's root opens and cell-init reads.</summary>
public enum CounterKind : byte
{
    /// <summary>v2 cpu.stat; exists without the controller.</summary>
    CpuStat = 1,

    /// <summary>v2 memory.peak (Linux 5.19).</summary>
    MemoryPeak = 2,

    /// <summary>v1 memory.max_usage_in_bytes.</summary>
    V1MemoryPeak = 3,
}

/// <summary>One counter, open for reading.</summary>
/// <param name="Kind">Which.</param>
/// <param name="File">The leaf's to close.</param>
public sealed record LeafCounter(CounterKind Kind, Descriptor File);

/// <summary>Where each counter is: the hierarchy and the file's name.</summary>
public static class CounterFiles
{
    /// <summary>Every kind, with the v1 controller that it belongs to (null: the unified hierarchy) and the name of its file.</summary>
    public static readonly ImmutableArray<(CounterKind Kind, string? V1Controller, string File)> All =
    [
        (CounterKind.CpuStat, null, "cpu.stat"),
        (CounterKind.MemoryPeak, null, "memory.peak"),
        (CounterKind.V1MemoryPeak, "memory", "memory.max_usage_in_bytes"),
    ];
}
