using Isolation.Core;

namespace Isolation.Linux;

/// <summary>What the counters of a leaf say, as figures.</summary>
public static class UsageReading
{
    private const long Missing = -1;
    private const long Charge = 64 * 4096; // MEMCG_CHARGE_BATCH: what the kernel charges at a time

    /// <summary>
    /// Reads every figure that a counter holds. A figure whose counter the leaf does not have is left out; one whose counter cannot be read,
    /// or holds no sense, is <see cref="UsageFigures.Unreadable"/>.
    /// </summary>
    /// <param name="text">The text of a counter: null when there is none, "" when it cannot be read.</param>
    public static Dictionary<UsageFigure, long> Of(Func<CounterKind, string?> text)
    {
        Dictionary<UsageFigure, long> figures = [];
        if (text(CounterKind.CpuStat) is string cpu)
        {
            Put(UsageFigure.CpuUser, CounterText.Keyed(cpu, "user_usec"));
            Put(UsageFigure.CpuSystem, CounterText.Keyed(cpu, "system_usec"));
            // Without the controller there are no such lines, and that is no fault.
            if (cpu.Contains("nr_throttled", StringComparison.Ordinal))
            {
                Put(UsageFigure.CpuThrottledPeriods, CounterText.Keyed(cpu, "nr_throttled"));
                Put(UsageFigure.CpuThrottled, CounterText.Keyed(cpu, "throttled_usec"));
            }
        }

        if (text(CounterKind.V1CpuStat) is string quota)
        {
            Put(UsageFigure.CpuThrottledPeriods, CounterText.Keyed(quota, "nr_throttled"));
            Put(UsageFigure.CpuThrottled, CounterText.Keyed(quota, "throttled_time") / 1000); // nanoseconds
        }

        Single(UsageFigure.MemoryPeak, text(CounterKind.MemoryPeak) ?? text(CounterKind.V1MemoryPeak));
        Single(UsageFigure.MemorySwapPeak, text(CounterKind.SwapPeak));
        Single(UsageFigure.MemoryAndSwapPeak, text(CounterKind.V1MemoryAndSwapPeak));
        if (text(CounterKind.MemoryEvents) is string events)
            Put(UsageFigure.MemoryLimitHits, CounterText.Keyed(events, "max"));
        else if (text(CounterKind.V1MemoryFailures) is not null)
            Put(UsageFigure.MemoryLimitHits, OwnHits(text));
        if ((text(CounterKind.MemoryEvents) ?? text(CounterKind.V1OutOfMemory)) is string kills)
            Put(UsageFigure.OutOfMemoryKills, CounterText.Keyed(kills, "oom_kill"));

        Single(UsageFigure.ProcessesPeak, text(CounterKind.PidsPeak) ?? text(CounterKind.V1PidsPeak));
        if ((text(CounterKind.PidsEvents) ?? text(CounterKind.V1PidsEvents)) is string refused)
            Put(UsageFigure.ProcessLimitHits, CounterText.Keyed(refused, "max"));

        if (text(CounterKind.IoStat) is string io)
        {
            Put(UsageFigure.IoRead, CounterText.Sum(io, "rbytes"));
            Put(UsageFigure.IoWritten, CounterText.Sum(io, "wbytes"));
            Put(UsageFigure.IoReads, CounterText.Sum(io, "rios"));
            Put(UsageFigure.IoWrites, CounterText.Sum(io, "wios"));
        }

        Pressure(CounterKind.CpuPressure, UsageFigure.CpuPressureSome, UsageFigure.CpuPressureFull);
        Pressure(CounterKind.MemoryPressure, UsageFigure.MemoryPressureSome, UsageFigure.MemoryPressureFull);
        Pressure(CounterKind.IoPressure, UsageFigure.IoPressureSome, UsageFigure.IoPressureFull);
        return figures;

        void Put(UsageFigure figure, long? value) => figures[figure] = value ?? UsageFigures.Unreadable;

        void Single(UsageFigure figure, string? number)
        {
            if (number is not null)
                Put(figure, CounterText.Number(number));
        }

        void Pressure(CounterKind kind, UsageFigure some, UsageFigure full)
        {
            if (text(kind) is not string pressure)
                return;
            Put(some, CounterText.Pressure(pressure, "some"));
            Put(full, CounterText.Pressure(pressure, "full"));
        }
    }

    /// <summary>Whose limit the counters point to, where processes were killed for want of memory.</summary>
    /// <param name="text">The text of a counter, at the end.</param>
    /// <param name="parentHits">How often the limit of the leaf's parent had been hit when the payload started; null when nobody knows.</param>
    public static MemoryLimit LimitOf(Func<CounterKind, string?> text, long? parentHits)
    {
        // v2: oom counts at the cgroup whose limit it was; v1 knows only how often a limit was hit.
        long own = (text(CounterKind.MemoryEvents) is string events ? CounterText.Keyed(events, "oom") : OwnHits(text)) ?? Missing;
        return own > 0 || ReachedMemoryAndSwap(text) ? MemoryLimit.Payload
            : own == 0 && parentHits is long before && ParentHits(text) > before ? MemoryLimit.Job
            : MemoryLimit.Unknown;
    }

    /// <summary>How often the limit of the leaf's parent was hit; null when nobody knows.</summary>
    public static long? ParentHits(Func<CounterKind, string?> text)
        => text(CounterKind.ParentMemoryEvents) is string events ? CounterText.Keyed(events, "oom")
        : Failures(text, CounterKind.V1ParentMemoryFailures, CounterKind.V1ParentMemoryAndSwapFailures);

    // Linux 6.18 counts no hit of the limit of memory and swap together: where it was reached, nobody knows how often.
    private static long? OwnHits(Func<CounterKind, string?> text)
        => text(CounterKind.V1MemoryAndSwapFailures)?.Trim() == "0" && ReachedMemoryAndSwap(text)
            ? null : Failures(text, CounterKind.V1MemoryFailures, CounterKind.V1MemoryAndSwapFailures);

    private static bool ReachedMemoryAndSwap(Func<CounterKind, string?> text)
        => text(CounterKind.V1MemoryAndSwapLimit) is string limit && text(CounterKind.V1MemoryAndSwapPeak) is string peak
            && CounterText.Number(limit) is long most && CounterText.Number(peak) is long reached && reached >= most - Charge;

    // v1 counts hits of both limits apart, and has the second where swap is accounted only.
    private static long? Failures(Func<CounterKind, string?> text, CounterKind memory, CounterKind memoryAndSwap)
    {
        if (text(memory) is not string own || CounterText.Number(own) is not long hits)
            return null;
        return text(memoryAndSwap) is not string both ? hits : CounterText.Number(both) is long more && more <= long.MaxValue - hits ? hits + more : null;
    }
}
