using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>What a pilot knows of the service: where its socket is.</summary>
internal static class ServiceView
{
    /// <summary>Facts for the attackers.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Facts(IReadOnlyList<string> environment)
    {
        string socket = Socket(environment);
        yield return new("service.socket", socket);
        yield return new("service.run", Path.GetDirectoryName(socket) ?? "/run/isolation");
        yield return new("service.ledger", LedgerDirectory(environment));
        yield return new("service.pid", Daemon(environment)?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "");
        yield return new("pilot.cgroup", Kernel.Text("/proc/self/cgroup").Replace('\n', ';'));
        yield return new("pilot.groups", Kernel.StatusField(Kernel.Text("/proc/self/status"), "Groups").Replace('\t', ' '));
        foreach (string space in new[] { "pid", "ipc", "mnt", "net", "user", "cgroup", "uts" })
            yield return new("pilot.ns." + space, NamespaceLink.Of(space));
        yield return new("pilot.nofile", Kernel.Text("/proc/self/limits").Split('\n').FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal)) ?? "");
    }

    /// <summary>Where its records lie: as its command line says where that can be read, else where they usually do.</summary>
    public static string LedgerDirectory(IReadOnlyList<string> environment)
        => (Daemon(environment) is int pid && After(Words(pid), "--state") is { } state ? state : "/var/lib/isolation") + "/ledger";

    // Who listens on the socket, by the kernel's word.
    private static int? Daemon(IReadOnlyList<string> environment)
    {
        nint fd = Sockets.ConnectUnix(Socket(environment));
        if (fd < 0)
            return null;
        using NativeBuffer credentials = new(12), length = new(4);
        length.Int(0) = credentials.Length;
        nint result = KernelCall.Invoke(Nr.getsockopt, fd, 1 /* SOL_SOCKET */, 17 /* SO_PEERCRED */, credentials.Address, length.Address);
        Kernel.Close(fd);
        return result >= 0 && credentials.Int(0) > 0 ? credentials.Int(0) : null;
    }

    private static string Socket(IReadOnlyList<string> environment)
        => environment.FirstOrDefault(e => e.StartsWith("ISOLATION_SOCKET=", StringComparison.Ordinal)) is { } entry ? entry["ISOLATION_SOCKET=".Length..] : "/run/isolation/isolation.sock";

    private static string[] Words(int pid) => Kernel.Text($"/proc/{pid}/cmdline").Split('\0');

    private static string? After(string[] words, string option) => Array.IndexOf(words, option) is var at and >= 0 && at + 1 < words.Length ? words[at + 1] : null;
}
