namespace Isolation.Linux;

/// <summary>
/// The unit of systemd's that does nothing but keep a delegated cgroup for payloads. It is another than the warden's: on v2 a unit whose cgroup
/// gives controllers to its children, with payloads in them, cannot be started again (systemd puts the new process into that cgroup, EBUSY), and
/// the warden must be able to come back while payloads run.
/// </summary>
public static class PayloadsUnit
{
    /// <summary>Its name; it is looked for beside the unit of whoever asks.</summary>
    public const string Name = "isolation-payloads.service";

    // The one that only root may set, and the one that is there beside it since systemd 251 (systemd.resource-control(5), Delegate=).
    private static readonly string[] Marks = ["trusted.delegate", "user.delegate"];

    /// <summary>
    /// The path of its cgroup, the same in each hierarchy that has it; null where this process is in no unit of systemd's, no such unit is
    /// beside it, or that one is not root's alone and delegated.
    /// </summary>
    /// <param name="layout">The host's hierarchies.</param>
    public static string? Find(CgroupLayout layout) => Find(layout, ProcessCgroups.Parse(File.ReadAllText("/proc/self/cgroup")));

    /// <summary>As <see cref="Find(CgroupLayout)"/>, for a process with these cgroups.</summary>
    public static string? Find(CgroupLayout layout, ProcessCgroups own)
        => Beside(layout, own).FirstOrDefault(found => IsDelegated(found.Mount + found.Path) && AreRootsAlone(found.Mount, found.Path)).Path;

    /// <summary>As <see cref="Find(CgroupLayout, ProcessCgroups)"/>, for a process that may not read what marks a delegated cgroup.</summary>
    public static string? Guess(CgroupLayout layout, ProcessCgroups own) => Beside(layout, own).FirstOrDefault(found => AreRootsAlone(found.Mount, found.Path)).Path;

    // systemd keeps its units in the v2 hierarchy, and in one of v1 where the former is not mounted for it.
    private static IEnumerable<(string Mount, string Path)> Beside(CgroupLayout layout, ProcessCgroups own)
    {
        foreach ((string? mount, string? path) in ((string?, string?)[])[(layout.Unified, own.Unified), (layout.Systemd, own.OfController("name=systemd"))])
        {
            string[] parts = path?.Split('/') ?? [];
            int unit = Array.FindLastIndex(parts, part => part.EndsWith(".service", StringComparison.Ordinal));
            if (mount is not null && unit > 0)
                yield return (mount, string.Join('/', parts[..unit].Append(Name)));
        }
    }

    private static bool IsDelegated(string directory) => Marks.Any(mark => Sys.TryGetAttribute(directory, mark) == "1");

    private static bool AreRootsAlone(string mount, string path)
    {
        for (string at = path; at.Length > 0; at = at[..at.LastIndexOf('/')])
        {
            if (CgroupDirectory.Look(mount + at) is not { IsRootsAlone: true })
                return false;
        }

        return true;
    }
}
