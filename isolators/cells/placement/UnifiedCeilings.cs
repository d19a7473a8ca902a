using Isolation.Core;

namespace Isolation.Cells;

/// <summary>What bounds the pilot in the v2 hierarchy beside its job's limits, and would not bound a leaf elsewhere.</summary>
internal static class UnifiedCeilings
{
    /// <summary>What would be left behind, and the cpuset with which the leaf can hold what the place does not.</summary>
    /// <param name="parent">The place; it may not be made yet.</param>
    /// <param name="pilot">The pilot's cgroup.</param>
    /// <param name="given">The controllers that leaves have there.</param>
    internal static (Ceilings Lost, CpuSet? ToSet) Left(CgroupPlace parent, CgroupPlace pilot, IReadOnlyList<string> given)
    {
        if (parent == pilot)
            return (Ceilings.None, null);
        Ceilings lost = Ceilings.None;
        string cpus = Effective(pilot, "cpuset.cpus.effective"), nodes = Effective(pilot, "cpuset.mems.effective");
        bool cpusHeld = CpuList.Covers(cpus, Effective(parent, "cpuset.cpus.effective"));
        bool nodesHeld = CpuList.Covers(nodes, Effective(parent, "cpuset.mems.effective"));
        CpuSet? toSet = null;
        if (!cpusHeld || !nodesHeld)
        {
            if (given.Contains("cpuset"))
                toSet = new CpuSet(cpus, nodes);
            else
                lost |= (cpusHeld ? 0 : Ceilings.Cpus) | (nodesHeld ? 0 : Ceilings.MemoryNodes);
        }

        if (pilot.Upwards().TakeWhile(at => !at.Holds(parent)).Any(at => at.Text("io.max") is { } rates && rates.AsSpan().Trim().Length > 0))
            lost |= Ceilings.IoLimits;
        if (!DeviceFilters.AreHeldAt(parent, pilot))
            lost |= Ceilings.Devices;
        return (lost, toSet);
    }

    // Where a cgroup has no cpuset of its own, that of the nearest one above holds.
    private static string Effective(CgroupPlace place, string file)
        => place.Upwards().Select(at => at.Text(file)?.Trim()).FirstOrDefault(text => text is { Length: > 0 }) ?? "";
}
