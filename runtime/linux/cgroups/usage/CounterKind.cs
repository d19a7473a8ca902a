namespace Isolation.Linux;

/// <summary>
/// The counters of a leaf: files that the host's root opens and cell-init reads. The numbers go over the wire: they are never given to
/// another file.
/// </summary>
public enum CounterKind : byte
{
    /// <summary>v2 cpu.stat; exists without the controller.</summary>
    CpuStat = 1,

    /// <summary>v2 memory.peak (Linux 5.19).</summary>
    MemoryPeak = 2,

    /// <summary>v1 memory.max_usage_in_bytes.</summary>
    V1MemoryPeak = 3,

    /// <summary>v2 memory.stat.</summary>
    MemoryStat = 4,

    /// <summary>v2 memory.events.</summary>
    MemoryEvents = 5,

    /// <summary>v2 memory.swap.current.</summary>
    SwapCurrent = 6,

    /// <summary>v2 memory.swap.peak (Linux 6.5).</summary>
    SwapPeak = 7,

    /// <summary>v2 pids.peak (Linux 6.11).</summary>
    PidsPeak = 8,

    /// <summary>v2 pids.events.</summary>
    PidsEvents = 9,

    /// <summary>v2 io.stat.</summary>
    IoStat = 10,

    /// <summary>v2 cpu.pressure; exists without the controller, where the kernel keeps pressure at all.</summary>
    CpuPressure = 11,

    /// <summary>v2 memory.pressure; likewise.</summary>
    MemoryPressure = 12,

    /// <summary>v2 io.pressure; likewise.</summary>
    IoPressure = 13,

    /// <summary>v2 memory.events.local of the leaf's parent: events at the parent's own limit.</summary>
    ParentMemoryEvents = 14,

    /// <summary>v1 cpu.stat.</summary>
    V1CpuStat = 20,

    /// <summary>v1 memory.stat.</summary>
    V1MemoryStat = 21,

    /// <summary>v1 memory.failcnt.</summary>
    V1MemoryFailures = 22,

    /// <summary>v1 memory.oom_control.</summary>
    V1OutOfMemory = 23,

    /// <summary>v1 memory.memsw.max_usage_in_bytes, where swap is accounted.</summary>
    V1MemoryAndSwapPeak = 24,

    /// <summary>v1 pids.peak (Linux 6.11).</summary>
    V1PidsPeak = 25,

    /// <summary>v1 pids.events.</summary>
    V1PidsEvents = 26,

    /// <summary>v1 freezer.state, of a leaf or of the cgroup that is joined: a batch system suspends its job with it.</summary>
    V1FreezerState = 27,

    /// <summary>v1 memory.failcnt of the leaf's parent.</summary>
    V1ParentMemoryFailures = 28,

    /// <summary>v1 memory.memsw.failcnt: hits of the limit of memory and swap together, which memory.failcnt does not count.</summary>
    V1MemoryAndSwapFailures = 29,

    /// <summary>The same of the leaf's parent.</summary>
    V1ParentMemoryAndSwapFailures = 30,

    /// <summary>v1 memory.memsw.limit_in_bytes.</summary>
    V1MemoryAndSwapLimit = 31,
}

/// <summary>One counter, open for reading.</summary>
/// <param name="Kind">Which.</param>
/// <param name="File">The leaf's to close.</param>
public sealed record LeafCounter(CounterKind Kind, Descriptor File);
