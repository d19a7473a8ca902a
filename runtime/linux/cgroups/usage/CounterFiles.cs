using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Where one counter is.</summary>
/// <param name="Kind">Which.</param>
/// <param name="V1Controller">The v1 controller that it belongs to; null: the unified hierarchy.</param>
/// <param name="File">Its path below the leaf's directory.</param>
public sealed record CounterFile(CounterKind Kind, string? V1Controller, string File)
{
    /// <summary>True where it also tells something of a cgroup that the payload has joined with others; its figures would be the others' too.</summary>
    public bool AlsoWhereJoined { get; init; }
}

/// <summary>
/// Every counter that a leaf can have. Which of them are there depends on the kernel, on the hierarchies, and on where the leaf was placed.
/// There is none of v1's blkio: it counts no buffered write, and since Linux 6.10 only devices that have a throttle rule.
/// </summary>
public static class CounterFiles
{
    /// <summary>The table.</summary>
    public static readonly ImmutableArray<CounterFile> All =
    [
        new(CounterKind.CpuStat, null, "cpu.stat"),
        new(CounterKind.MemoryPeak, null, "memory.peak"),
        new(CounterKind.MemoryStat, null, "memory.stat"),
        new(CounterKind.MemoryEvents, null, "memory.events"),
        new(CounterKind.SwapCurrent, null, "memory.swap.current"),
        new(CounterKind.SwapPeak, null, "memory.swap.peak"),
        new(CounterKind.PidsPeak, null, "pids.peak"),
        new(CounterKind.PidsEvents, null, "pids.events"),
        new(CounterKind.IoStat, null, "io.stat"),
        new(CounterKind.CpuPressure, null, "cpu.pressure"),
        new(CounterKind.MemoryPressure, null, "memory.pressure"),
        new(CounterKind.IoPressure, null, "io.pressure"),
        new(CounterKind.ParentMemoryEvents, null, "../memory.events.local"),
        new(CounterKind.V1CpuStat, "cpu", "cpu.stat"),
        new(CounterKind.V1MemoryPeak, "memory", "memory.max_usage_in_bytes"),
        new(CounterKind.V1MemoryStat, "memory", "memory.stat"),
        new(CounterKind.V1MemoryFailures, "memory", "memory.failcnt"),
        new(CounterKind.V1OutOfMemory, "memory", "memory.oom_control"),
        new(CounterKind.V1MemoryAndSwapPeak, "memory", "memory.memsw.max_usage_in_bytes"),
        new(CounterKind.V1ParentMemoryFailures, "memory", "../memory.failcnt"),
        new(CounterKind.V1MemoryAndSwapFailures, "memory", "memory.memsw.failcnt"),
        new(CounterKind.V1MemoryAndSwapLimit, "memory", "memory.memsw.limit_in_bytes"),
        new(CounterKind.V1ParentMemoryAndSwapFailures, "memory", "../memory.memsw.failcnt"),
        new(CounterKind.V1PidsPeak, "pids", "pids.peak"),
        new(CounterKind.V1PidsEvents, "pids", "pids.events"),
        new(CounterKind.V1FreezerState, "freezer", "freezer.state") { AlsoWhereJoined = true },
    ];
}

/// <summary>What newer kernels have and a test can hide, under the names that the service's <c>--without-kernel</c> takes.</summary>
public static class KernelFeatures
{
    /// <summary>The kernel's log: the names of those whom it killed for want of memory.</summary>
    public const string KernelLog = "kernel-log";

    /// <summary>Landlock's scopes for signals and abstract sockets.</summary>
    public const string Landlock = "landlock";

    /// <summary>Mounts that show one account's files as another's.</summary>
    public const string IdMaps = "idmap";

    /// <summary>The exit status of a process that is not one's child.</summary>
    public const string PidFdExit = "pidfd-exit";

    private static readonly FrozenDictionary<string, CounterKind[]> Counters = new Dictionary<string, CounterKind[]>
    {
        ["memory-peak"] = [CounterKind.MemoryPeak, CounterKind.V1MemoryPeak],
        ["swap-peak"] = [CounterKind.SwapPeak, CounterKind.V1MemoryAndSwapPeak],
        ["pids-peak"] = [CounterKind.PidsPeak, CounterKind.V1PidsPeak],
        ["pressure"] = [CounterKind.CpuPressure, CounterKind.MemoryPressure, CounterKind.IoPressure],
    }.ToFrozenDictionary();

    /// <summary>The names.</summary>
    public static readonly ImmutableArray<string> Names = [.. Counters.Keys.Order(StringComparer.Ordinal), KernelLog, Landlock, PidFdExit, IdMaps];

    /// <summary>The counters to do without.</summary>
    public static FrozenSet<CounterKind> CountersOf(IEnumerable<string> names)
        => names.SelectMany(name => Counters.GetValueOrDefault(name, [])).ToFrozenSet();
}
