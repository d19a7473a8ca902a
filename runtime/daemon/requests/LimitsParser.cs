using System.Globalization;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>Reads the limits of a request: what would be beyond the warden's bounds, or bounds nothing at all, is a fault.</summary>
internal static class LimitsParser
{
    /// <summary>The limits; every one out of bounds is added to the faults.</summary>
    public static Limits Parse(WireLimits? asked, List<Fault> faults)
    {
        if (asked is null)
            return Limits.None;
        return new Limits
        {
            Wall = Bounded(asked.WallMilliseconds, "wall-clock limit", "ms", 1, (long)LimitBounds.LongestWall.TotalMilliseconds, faults) is long wall
                ? TimeSpan.FromMilliseconds(wall)
                : null,
            MemoryBytes = Bounded(asked.MemoryBytes, "memory limit", "bytes", LimitBounds.LeastMemory, LimitBounds.MostBytes, faults),
            SwapBytes = Bounded(asked.SwapBytes, "swap limit", "bytes", 0, LimitBounds.MostBytes, faults),
            Processes = Bounded(asked.Processes, "process limit", "processes", 1, LimitBounds.MostProcesses, faults),
            CpuWeight = Bounded(asked.CpuWeight, "CPU weight", "", 1, LimitBounds.MostWeight, faults),
            MilliCpus = Bounded(asked.MilliCpus, "CPU limit", "thousandths of a CPU", 1, LimitBounds.MostMilliCpus, faults),
            IoWeight = Bounded(asked.IoWeight, "io weight", "", 1, LimitBounds.MostWeight, faults),
            OpenFiles = Bounded(asked.OpenFiles, "limit on open files", "files", 1, LimitBounds.MostFiles, faults),
            ScratchBytes = Bounded(asked.ScratchBytes, "scratch limit", "bytes", 1, LimitBounds.MostBytes, faults),
            ScratchFiles = Bounded(asked.ScratchFiles, "limit on files in the scratch", "files", 1, LimitBounds.MostScratchFiles, faults),
        };
    }

    private static long? Bounded(long? value, string name, string unit, long least, long most, List<Fault> faults)
    {
        if (value is not long number || (number >= least && number <= most))
            return value;
        string what = string.Create(CultureInfo.InvariantCulture, $"the {name} is {number} {unit}").TrimEnd();
        faults.Add(new Fault(what, string.Create(CultureInfo.InvariantCulture, $"Ask for {least} to {most}, or leave the limit out.")));
        return null;
    }
}
