using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The service's slice: a cgroup of its own in each hierarchy, which holds leaves and no process.</summary>
public static class ServiceSlice
{
    private static readonly string[] Wanted = ["memory", "pids", "cpu", "io", "cpuset"];

    /// <summary>The slice in one hierarchy; made where it is not there.</summary>
    public static CgroupPlace Make(string mount, string name)
    {
        CgroupPlace slice = new(mount, "/" + name);
        Sys.MakeDirectory(slice.Directory, 0x1ed, orExisting: true);
        return slice;
    }

    /// <summary>Gives the slice's children the controllers that there are, on a host whose controllers are in the v2 hierarchy.</summary>
    /// <returns>The controllers that its leaves will not have: no limit of that kind can be enforced there.</returns>
    public static IReadOnlyList<string> Distribute(string mount, string name)
    {
        CgroupPlace slice = Make(mount, name);
        foreach (CgroupPlace at in (CgroupPlace[])[slice.Parent, slice])
        {
            string[] given = at.Words("cgroup.subtree_control");
            foreach (string controller in at.Words("cgroup.controllers").Intersect(Wanted).Except(given))
                CgroupFile.TryWrite(at.Directory + "/cgroup.subtree_control", "+" + controller);
        }

        return [.. Wanted.Except(slice.Words("cgroup.subtree_control"))];
    }
}
