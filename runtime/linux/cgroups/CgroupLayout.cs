using System.Collections.Frozen;

namespace Isolation.Linux;

/// <summary>Where this host mounts its cgroup hierarchies, as /proc/self/mountinfo tells (proc(5)).</summary>
/// <param name="Unified">Mount point of the v2 hierarchy, or null.</param>
/// <param name="V1">Controller to mount point of its v1 hierarchy.</param>
public sealed record CgroupLayout(string? Unified, FrozenDictionary<string, string> V1)
{
    /// <summary>Mount point of the hierarchy of v1 in which systemd keeps its units (<c>name=systemd</c>), or null.</summary>
    public string? Systemd { get; init; }

    private static readonly string[] Controllers =
        ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "net_cls", "net_prio", "perf_event", "hugetlb", "rdma", "misc"];

    /// <summary>Mount point of the v2 hierarchy.</summary>
    /// <exception cref="SyscallException">There is none.</exception>
    public string RequireUnified()
        => Unified ?? throw new SyscallException("cgroup", "v2 hierarchy", Errno.ENOENT, "Mount cgroup2, for example at /sys/fs/cgroup/unified.");

    /// <summary>Reads the layout of the host as this process sees it.</summary>
    public static CgroupLayout Read() => Parse(File.ReadLines("/proc/self/mountinfo"));

    /// <summary>Parses lines of mountinfo.</summary>
    public static CgroupLayout Parse(IEnumerable<string> mountInfo)
    {
        string? unified = null, systemd = null;
        var v1 = new Dictionary<string, string>();
        foreach (string line in mountInfo)
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            // Only whole hierarchies: field 4 is the root of the mount within its file system.
            if (dash < 0 || fields.Length < dash + 4 || fields[3] != "/")
                continue;
            if (fields[dash + 1] == "cgroup2")
                unified ??= fields[4];
            else if (fields[dash + 1] == "cgroup")
                foreach (string option in fields[dash + 3].Split(','))
                    if (Controllers.Contains(option))
                        v1.TryAdd(option, fields[4]);
                    else if (option == "name=systemd")
                        systemd ??= fields[4];
        }

        return new CgroupLayout(unified, v1.ToFrozenDictionary()) { Systemd = systemd };
    }
}
