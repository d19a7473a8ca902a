using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>How this host mounts its cgroups, and what the service's slice can give to the leaves in it.</summary>
internal static class CgroupFindings
{
    private const string Topic = "cgroups";
    private static readonly string[] Needed = ["memory", "pids"];
    private static readonly string[] Useful = ["cpu", "io", "cpuset"];

    public static void Add(Diagnosis to, CgroupLayout layout, string slice, string? unifiedOptions)
    {
        if (layout.Unified is not string unified)
        {
            to.Missing(Topic, "the v2 hierarchy is not mounted: no payload can be killed and proven gone",
                "mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified, then start the warden again");
            return;
        }

        bool isPure = layout.V1.Count == 0;
        to.Holds(Topic, isPure ? $"pure v2 at {unified}" : $"hybrid: v1 has {string.Join(", ", layout.V1.Keys.Order(StringComparer.Ordinal))}; v2 is at {unified}");
        if (isPure)
            Pure(to, unified, slice, unifiedOptions ?? "");
        else
            Hybrid(to, layout);
    }

    private static void Hybrid(Diagnosis to, CgroupLayout layout)
    {
        string[] missing = [.. Needed.Where(c => !layout.V1.ContainsKey(c))];
        if (missing.Length > 0)
        {
            to.Missing(Topic, $"no v1 hierarchy has {string.Join(", ", missing)}: limits of that kind cannot be enforced",
                string.Join(" && ", missing.Select(c => $"mkdir -p /sys/fs/cgroup/{c} && mount -t cgroup -o {c} {c} /sys/fs/cgroup/{c}")));
        }
    }

    private static void Pure(Diagnosis to, string unified, string slice, string options)
    {
        if (options.Split(',').Contains("nsdelegate"))
            to.Holds(Topic, "mounted with nsdelegate: a pilot with a cgroup namespace of its own moves nothing out of it");
        else
            to.Note(Topic, "mounted without nsdelegate: a pilot with a cgroup namespace of its own can move what it owns out of it", $"mount -o remount,nsdelegate {unified}");

        string directory = $"{unified}/{slice}";
        if (CgroupFile.TryText(directory + "/cgroup.subtree_control") is not string given)
        {
            to.Note(Topic, $"the service's slice {directory} is not there yet: the first payload makes it");
            return;
        }

        string[] has = given.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (Needed.Except(has).ToArray() is { Length: > 0 } needed)
            to.Missing(Topic, $"the service's slice gives its leaves no {string.Join(", ", needed)}: own cannot hold own-limits", Fix(directory, needed));
        else
            to.Holds(Topic, $"the service's slice gives its leaves {string.Join(", ", has)}");
        if (Useful.Except(has).ToArray() is { Length: > 0 } useful)
            to.Note(Topic, $"the service's slice gives its leaves no {string.Join(", ", useful)}: limits of that kind cannot be enforced at own", Fix(directory, useful));
    }

    private static string Fix(string slice, string[] controllers)
    {
        string given = string.Join(' ', controllers.Select(c => "+" + c));
        return $"echo \"{given}\" > {Path.GetDirectoryName(slice)}/cgroup.subtree_control && echo \"{given}\" > {slice}/cgroup.subtree_control";
    }
}
