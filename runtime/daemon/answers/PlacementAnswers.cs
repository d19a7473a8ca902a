using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>What is told of places and limits, from the records of Core to those of the wire.</summary>
internal static class PlacementAnswers
{
    /// <summary>The place that a payload got.</summary>
    public static WirePlacement Of(Placement placement) => new(
        placement.Position.Name(), placement.Holds.Names(), placement.Lost.Names(), placement.NotEnforced.Names(),
        placement.Why.Length == 0 ? null : placement.Why);

    /// <summary>What is demanded of a place.</summary>
    public static WireDemand Of(PlacementDemand demand) => new(demand.Must.Names(), demand.Want.Names(), demand.MayLose.Names(), demand.Limits.Name());

    /// <summary>The limits that apply; null when none does.</summary>
    public static WireLimits? Of(Limits limits) => limits.Kinds == LimitKinds.None ? null : new WireLimits(
        (long?)limits.Wall?.TotalMilliseconds, limits.MemoryBytes, limits.SwapBytes, limits.Processes, limits.CpuWeight, limits.MilliCpus,
        limits.IoWeight, limits.OpenFiles, limits.ScratchBytes, limits.ScratchFiles);
}
