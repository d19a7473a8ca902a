using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>One figure as it is named wherever figures are told: records, tickets, answers.</summary>
/// <param name="Figure">Which.</param>
/// <param name="Name">Its name in JSON; the unit is its end, a count has none.</param>
/// <param name="Source">The kernel's counter behind it.</param>
public sealed record UsageFigureName(UsageFigure Figure, string Name, string Source);

/// <summary>The one table of the figures.</summary>
public static class UsageFigures
{
    private const string Quota = "cpu.stat of the cpu controller";
    private const string Samples = "samples of memory.stat";
    private const string Io = "io.stat of v2; v1 counts no buffered write";

    /// <summary>Every figure, in the order in which they are told.</summary>
    public static readonly ImmutableArray<UsageFigureName> All =
    [
        new(UsageFigure.CpuUser, "cpuUserMicroseconds", "cpu.stat"),
        new(UsageFigure.CpuSystem, "cpuSystemMicroseconds", "cpu.stat"),
        new(UsageFigure.Wall, "wallMicroseconds", "cell-init's clock"),
        new(UsageFigure.CpuThrottledPeriods, "cpuThrottledPeriods", Quota),
        new(UsageFigure.CpuThrottled, "cpuThrottledMicroseconds", Quota),
        new(UsageFigure.MemoryPeak, "memoryPeakBytes", "memory.peak (Linux 5.19)"),
        new(UsageFigure.MemoryAnonSampled, "memoryAnonSampledBytes", Samples),
        new(UsageFigure.MemoryFileSampled, "memoryFileSampledBytes", Samples),
        new(UsageFigure.MemorySwapSampled, "memorySwapSampledBytes", "samples of memory.swap.current"),
        new(UsageFigure.MemoryMappedSampled, "memoryMappedSampledBytes", Samples),
        new(UsageFigure.MemoryMappedSampledAverage, "memoryMappedSampledAverageBytes", Samples),
        new(UsageFigure.MemorySwapPeak, "memorySwapPeakBytes", "memory.swap.peak (v2, Linux 6.5)"),
        new(UsageFigure.MemoryAndSwapPeak, "memoryAndSwapPeakBytes", "memory.memsw of v1"),
        new(UsageFigure.MemoryLimitHits, "memoryLimitHits", "memory.events"),
        new(UsageFigure.OutOfMemoryKills, "outOfMemoryKills", "memory.events"),
        new(UsageFigure.ProcessesPeak, "processesPeak", "pids.peak (Linux 6.11)"),
        new(UsageFigure.ProcessLimitHits, "processLimitHits", "pids.events"),
        new(UsageFigure.IoRead, "ioReadBytes", Io),
        new(UsageFigure.IoWritten, "ioWrittenBytes", Io),
        new(UsageFigure.IoReads, "ioReadOperations", Io),
        new(UsageFigure.IoWrites, "ioWriteOperations", Io),
        new(UsageFigure.CpuPressureSome, "cpuPressureSomeMicroseconds", "cpu.pressure"),
        new(UsageFigure.CpuPressureFull, "cpuPressureFullMicroseconds", "cpu.pressure"),
        new(UsageFigure.MemoryPressureSome, "memoryPressureSomeMicroseconds", "memory.pressure"),
        new(UsageFigure.MemoryPressureFull, "memoryPressureFullMicroseconds", "memory.pressure"),
        new(UsageFigure.IoPressureSome, "ioPressureSomeMicroseconds", "io.pressure"),
        new(UsageFigure.IoPressureFull, "ioPressureFullMicroseconds", "io.pressure"),
    ];

    /// <summary>The value that stands on the wire for a counter which is there and could not be read, or made no sense.</summary>
    public const long Unreadable = -2;

    /// <summary>Its name in JSON.</summary>
    public static string Name(this UsageFigure figure) => Row(figure).Name;

    /// <summary>What a number of the wire says of a figure; none at all, or -1: the leaf has no such counter.</summary>
    public static Figure Of(UsageFigure figure, long? value) => value switch
    {
        >= 0 => new Figure.Measured(value.Value),
        Unreadable => new Figure.NotAvailable($"unreadable: {Row(figure).Source}"),
        _ => new Figure.NotAvailable($"no counter here: {Row(figure).Source}"),
    };

    private static UsageFigureName Row(UsageFigure figure) => All.First(row => row.Figure == figure);
}
