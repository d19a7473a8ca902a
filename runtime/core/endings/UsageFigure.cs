namespace Isolation.Core;

/// <summary>The figures of what a payload used. The numbers go over the wire: they are never given to another figure.</summary>
public enum UsageFigure : byte
{
    /// <summary>CPU time in user mode.</summary>
    CpuUser = 1,

    /// <summary>CPU time in the kernel.</summary>
    CpuSystem = 2,

    /// <summary>From the start to the main process's end.</summary>
    Wall = 3,

    /// <summary>Periods of a CPU quota in which the payload was held back.</summary>
    CpuThrottledPeriods = 4,

    /// <summary>How long it was held back by a quota, summed over its threads.</summary>
    CpuThrottled = 5,

    /// <summary>The most memory charged to the leaf at a time, as the kernel kept it: exact.</summary>
    MemoryPeak = 6,

    /// <summary>The most anonymous memory that a sample saw.</summary>
    MemoryAnonSampled = 7,

    /// <summary>The most page cache (with tmpfs and shared memory) that a sample saw.</summary>
    MemoryFileSampled = 8,

    /// <summary>The most swap that a sample saw.</summary>
    MemorySwapSampled = 9,

    /// <summary>The most memory in the payload's processes, anonymous and mapped files, each page once, that a sample saw.</summary>
    MemoryMappedSampled = 10,

    /// <summary>The same, averaged over the time of the samples.</summary>
    MemoryMappedSampledAverage = 11,

    /// <summary>The most swap at a time, as the kernel kept it (v2).</summary>
    MemorySwapPeak = 12,

    /// <summary>The most memory and swap together at a time, as the kernel kept it (v1).</summary>
    MemoryAndSwapPeak = 13,

    /// <summary>How often the leaf's own memory limit was hit.</summary>
    MemoryLimitHits = 14,

    /// <summary>Processes of the payload that the kernel killed for want of memory, whoever's limit it was.</summary>
    OutOfMemoryKills = 15,

    /// <summary>The most processes and threads at a time.</summary>
    ProcessesPeak = 16,

    /// <summary>How often a process or thread was refused at the leaf's own limit.</summary>
    ProcessLimitHits = 17,

    /// <summary>Bytes read from block devices.</summary>
    IoRead = 18,

    /// <summary>Bytes written to block devices.</summary>
    IoWritten = 19,

    /// <summary>Read operations on block devices.</summary>
    IoReads = 20,

    /// <summary>Write operations on block devices.</summary>
    IoWrites = 21,

    /// <summary>How long at least one thread waited for a CPU (pressure stall information).</summary>
    CpuPressureSome = 22,

    /// <summary>How long all of them did.</summary>
    CpuPressureFull = 23,

    /// <summary>How long at least one thread waited for memory.</summary>
    MemoryPressureSome = 24,

    /// <summary>How long all of them did.</summary>
    MemoryPressureFull = 25,

    /// <summary>How long at least one thread waited for a block device.</summary>
    IoPressureSome = 26,

    /// <summary>How long all of them did.</summary>
    IoPressureFull = 27,
}
