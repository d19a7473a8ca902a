using System.Globalization;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Says of each limit that applies what it is, and which of rule, class and request sets it.</summary>
internal static class LimitTrail
{
    private static readonly (LimitKinds Kind, Func<Limits, long?> Value, Func<long, string> Text)[] Kinds =
    [
        (LimitKinds.Wall, l => l.Wall?.Ticks, ticks => Time(new TimeSpan(ticks))),
        (LimitKinds.Memory, l => l.MemoryBytes, Size),
        (LimitKinds.Swap, l => l.SwapBytes, Size),
        (LimitKinds.Processes, l => l.Processes, Number),
        (LimitKinds.CpuWeight, l => l.CpuWeight, Number),
        (LimitKinds.Cpus, l => l.MilliCpus, thousandths => (thousandths / 1000m).ToString("0.###", CultureInfo.InvariantCulture)),
        (LimitKinds.IoWeight, l => l.IoWeight, Number),
        (LimitKinds.OpenFiles, l => l.OpenFiles, Number),
        (LimitKinds.Scratch, l => l.ScratchBytes, Size),
        (LimitKinds.ScratchFiles, l => l.ScratchFiles, Number),
    ];

    /// <summary>One sentence.</summary>
    public static string Of(Limits rule, Limits pilots, Limits request)
    {
        Limits inForce = rule.Tightest(pilots).Tightest(request);
        if (inForce.Kinds == LimitKinds.None)
            return "No limit applies.";
        IEnumerable<string> each = Kinds.Where(k => inForce.Kinds.HasFlag(k.Kind)).Select(k =>
        {
            long value = k.Value(inForce)!.Value;
            string source = k.Value(rule) == value ? "rule" : k.Value(pilots) == value ? "class" : "request";
            return $"{k.Kind.Names()[0]} {k.Text(value)} ({source})";
        });
        return $"These limits apply: {string.Join(", ", each)}.";
    }

    /// <summary>What is demanded of the place, one sentence.</summary>
    public static string Of(PlacementDemand demand)
        => $"Its place must hold {List(demand.Must.Names())}; wanted: {List(demand.Want.Names())}; it may leave behind {List(demand.MayLose.Names())}; "
            + (demand.Limits == LimitLaw.Enforce ? "a limit that it cannot enforce makes the payload unavailable." : "a limit that it cannot enforce is left out and recorded.")
            + " The place is found when the payload enters.";

    private static string List(IReadOnlyCollection<string> names) => names.Count == 0 ? "nothing" : string.Join(", ", names);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Time(TimeSpan time)
        => time.Ticks % TimeSpan.TicksPerHour == 0 ? Number(time.Ticks / TimeSpan.TicksPerHour) + "h"
            : time.Ticks % TimeSpan.TicksPerMinute == 0 ? Number(time.Ticks / TimeSpan.TicksPerMinute) + "m"
            : (time.Ticks / (decimal)TimeSpan.TicksPerSecond).ToString("0.#######", CultureInfo.InvariantCulture) + "s";

    private static string Size(long bytes)
    {
        if (bytes == 0)
            return "0";
        foreach ((string unit, int shift) in new[] { ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10) })
        {
            if (bytes % (1L << shift) == 0)
                return Number(bytes >> shift) + unit;
        }

        return Number(bytes) + " bytes";
    }
}
