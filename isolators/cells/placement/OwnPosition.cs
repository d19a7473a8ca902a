using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The position <c>own</c>: the service's slice, of which nothing is the pilot's.</summary>
public static class OwnPosition
{
    /// <summary>The leaf's plan; the slice is made where it is not there.</summary>
    public static LeafPlan Plan(CellHost host, string leafName, Limits limits)
    {
        string unified = host.Cgroups.Unified
            ?? throw new SyscallException("cgroup", "v2 hierarchy", Errno.ENOENT, "Mount cgroup2, for example at /sys/fs/cgroup/unified.");
        string slice = "/" + host.Slice;
        Sys.MakeDirectory(unified + slice, 0x1ed, orExisting: true);
        V1Place[] v1 = host.Cgroups.V1.TryGetValue("memory", out string? memory) ? [new V1Place("memory", memory, slice, V1Membership.Leaf)] : [];
        foreach (V1Place place in v1)
            Sys.MakeDirectory(place.Mount + slice, 0x1ed, orExisting: true);
        return new LeafPlan(leafName, unified, slice, [.. v1]);
    }
}
