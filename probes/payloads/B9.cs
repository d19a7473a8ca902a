using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B9.</summary>
internal static class B9
{
    public static readonly Probe Probe = new("B9", "read figures of other payloads: cgroups, /proc/net, kernel tables", Run);

    private static void Run(Attack attack)
    {
        string leaf = attack.Target["victim.cgroup"];
        if (leaf.Length > 0)
        {
            foreach (string root in new[] { "/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory" })
            {
                foreach (string file in new[] { "cgroup.procs", "cpu.stat", "memory.current", "memory.usage_in_bytes" })
                {
                    if (Kernel.ReadFile($"{root}{leaf}/{file}", out int errno) is { Length: > 0 } figures)
                        attack.Broke($"read {root}{leaf}/{file}", $"{figures.Length} bytes");
                    else if (errno is not (0 or Errno.ENOENT))
                        attack.Held($"read {root}{leaf}/{file}", ErrnoName.Of(errno));
                }
            }
        }

        // The names of leaves are payloads' ids.
        string own = Kernel.Text("/proc/self/cgroup");
        string[] others = [.. Directory.Exists("/sys/fs/cgroup") ? Leaves("/sys/fs/cgroup", 4).Where(d => !own.Contains(Path.GetFileName(d), StringComparison.Ordinal)).Distinct() : []];
        if (others.Length > 0)
            attack.Broke("find leaves of other payloads below /sys/fs/cgroup", $"{others.Length}, such as {others[0]}");
        else
            attack.Held("find leaves of other payloads below /sys/fs/cgroup", "none");

        foreach (string file in new[] { "/proc/sched_debug", "/proc/timer_list", "/proc/slabinfo", "/proc/vmallocinfo", "/proc/kallsyms", "/sys/kernel/debug/sched/debug" })
        {
            byte[]? bytes = Kernel.ReadFile(file, out int errno);
            bool shows = bytes is { Length: > 0 } && (file != "/proc/kallsyms" || bytes.AsSpan(0, Math.Min(16, bytes.Length)).ContainsAnyExcept((byte)'0'));
            if (shows)
                attack.Broke("read " + file, $"{bytes!.Length} bytes");
            else
                attack.Held("read " + file, bytes is null ? ErrnoName.Of(errno) : "shows no address");
        }

        if (Kernel.Text("/proc/loadavg").Length > 0)
            attack.ByPolicy("read /proc/loadavg, /proc/stat", "figures of the whole kernel, which every process may read: reported, not blocked");
    }

    private static IEnumerable<string> Leaves(string directory, int depth)
    {
        foreach (string name in Kernel.Names(directory))
        {
            string path = $"{directory}/{name}";
            if (!Directory.Exists(path))
                continue;
            if (name.StartsWith("cell-", StringComparison.Ordinal))
                yield return path;
            else if (depth > 1)
                foreach (string leaf in Leaves(path, depth - 1))
                    yield return leaf;
        }
    }
}
