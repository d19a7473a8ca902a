using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C12. Files are opened for writing, never written.</summary>
internal static class C12
{
    private const long CLONE_NEWCGROUP = 0x02000000;

    public static readonly Probe Probe = new("C12", "leave its cgroup, raise its limits, or make a view of cgroups of its own", Run);

    private static void Run(Attack attack)
    {
        foreach (string line in Kernel.Text("/proc/self/cgroup").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(':', 3);
            string root = fields[1].Length == 0 ? (Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup") : "/sys/fs/cgroup/" + fields[1].Replace("name=", "", StringComparison.Ordinal);
            if (!Directory.Exists(root))
                continue;
            for (string at = fields[2].TrimEnd('/'); ; at = at[..at.LastIndexOf('/')])
            {
                Open(attack, $"{root}{at}/cgroup.procs");
                if (at.Length == 0)
                    break;
            }

            foreach (string limit in new[] { "memory.max", "memory.limit_in_bytes", "pids.max", "cpu.max", "cpu.cfs_quota_us", "cgroup.kill", "cgroup.freeze", "devices.allow", "cpuset.cpus", "tasks" })
                Open(attack, $"{root}{fields[2]}/{limit}");
            string child = $"{root}{fields[2].TrimEnd('/')}/separation-{attack.Target.Run}";
            nint made = Kernel.OnPath(Nr.mkdir, child, 0x1ed);
            Kernel.OnPath(Nr.rmdir, child);
            attack.Refused("make a cgroup below " + line, made);
        }

        if (attack.Target["victim.cgroup"] is { Length: > 0 } victim)
        {
            foreach (string root in new[] { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" })
                Open(attack, $"{root}{victim}/cgroup.procs");
        }

        ScriptOutcome view = SyscallScript.Run(CLONE_NEWCGROUP, []);
        attack.Refused("clone(NEWCGROUP)", view.ChildError > 0 ? -view.ChildError : 0);
    }

    private static void Open(Attack attack, string file)
    {
        nint opened = Kernel.TryOpen(file, Sys.O_WRONLY);
        if (opened != -Errno.ENOENT)
            attack.Refused($"open {file} for writing", opened);
    }
}
