using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>Limits and demands as a front sends them: every number is bounded before it means anything.</summary>
internal static class AskedLimits
{
    /// <summary>The limits.</summary>
    /// <exception cref="DeniedException">One is out of bounds.</exception>
    internal static Limits Read(RoomLimits asked) => new()
    {
        Wall = Bounded("wall", asked.WallMilliseconds, 1, (long)LimitBounds.LongestWall.TotalMilliseconds) is long wall ? TimeSpan.FromMilliseconds(wall) : null,
        MemoryBytes = Bounded("memory", asked.MemoryBytes, 1, LimitBounds.MostBytes),
        SwapBytes = Bounded("swap", asked.SwapBytes, 0, LimitBounds.MostBytes),
        Processes = Bounded("pids", asked.Processes, 1, LimitBounds.MostProcesses),
        CpuWeight = Bounded("cpu-weight", asked.CpuWeight, 1, LimitBounds.MostWeight),
        MilliCpus = Bounded("cpus", asked.MilliCpus, 1, LimitBounds.MostMilliCpus),
        IoWeight = Bounded("io-weight", asked.IoWeight, 1, LimitBounds.MostWeight),
        OpenFiles = Bounded("files", asked.OpenFiles, 1, LimitBounds.MostFiles),
        ScratchBytes = Bounded("scratch", asked.ScratchBytes, 1, LimitBounds.MostBytes),
        ScratchFiles = Bounded("scratch-files", asked.ScratchFiles, 1, LimitBounds.MostScratchFiles),
    };

    /// <summary>The demand.</summary>
    /// <exception cref="DeniedException">It names what does not exist.</exception>
    internal static PlacementDemand Read(PlaceDemand asked)
    {
        var demand = new PlacementDemand((PlacementProperties)asked.Must, (PlacementProperties)asked.Want, (Ceilings)asked.MayLose, (LimitLaw)asked.Law);
        return PlacementPropertyNames.Known.All.HasFlag(demand.Must | demand.Want) && CeilingNames.Known.All.HasFlag(demand.MayLose) && Enum.IsDefined(demand.Limits)
            ? demand
            : throw new DeniedException("placement", $"a demand of {asked.Must}, {asked.Want}, {asked.MayLose}, {asked.Law}");
    }

    private static long? Bounded(string name, long value, long least, long most) => value switch
    {
        -1 => null,
        _ when value >= least && value <= most => value,
        _ => throw new DeniedException("limits", $"a limit {name} of {value}"),
    };
}
