namespace Isolation.Probes;

/// <summary>What a pilot knows of the service: where its socket is.</summary>
internal static class ServiceView
{
    /// <summary>Facts for the attackers.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Facts(IReadOnlyList<string> environment)
    {
        string socket = environment.FirstOrDefault(e => e.StartsWith("ISOLATION_SOCKET=", StringComparison.Ordinal)) is { } entry
            ? entry["ISOLATION_SOCKET=".Length..]
            : "/run/isolation/isolation.sock";
        yield return new("service.socket", socket);
        yield return new("service.run", Path.GetDirectoryName(socket) ?? "/run/isolation");
        yield return new("pilot.cgroup", Kernel.Text("/proc/self/cgroup").Replace('\n', ';'));
        yield return new("pilot.groups", Kernel.StatusField(Kernel.Text("/proc/self/status"), "Groups").Replace('\t', ' '));
        foreach (string space in new[] { "pid", "ipc", "mnt", "net", "user", "cgroup", "uts" })
            yield return new("pilot.ns." + space, NamespaceLink.Of(space));
        yield return new("pilot.nofile", Kernel.Text("/proc/self/limits").Split('\n').FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal)) ?? "");
    }
}
