using System.Text.Json;

namespace Isolation.Probes;

/// <summary>What a reader of a report must know about where it was made.</summary>
internal static class HostFacts
{
    public static IReadOnlyList<KeyValuePair<string, string>> Read(IReadOnlyList<string> environment)
    {
        List<KeyValuePair<string, string>> facts =
        [
            new("host", Line("/proc/sys/kernel/hostname")),
            new("system", Kernel.Text("/etc/os-release").Split('\n').FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?[12..].Trim('"') ?? ""),
            new("kernel", Line("/proc/sys/kernel/osrelease")),
            new("cgroups", Cgroups()),
            new("security modules", Line("/sys/kernel/security/lsm")),
            new("time", TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture)),
            new("pilot uid", Kernel.StatusField(Kernel.Text("/proc/thread-self/status"), "Uid").Split('\t')[0]),
        ];
        facts.AddRange(Service(environment));
        return [.. facts.Where(f => f.Value.Length > 0).Select(f => new KeyValuePair<string, string>(f.Key, Printable.Of(f.Value)))];
    }

    private static string Cgroups()
    {
        string[] types = [.. Kernel.Text("/proc/self/mounts").Split('\n').Select(l => l.Split(' ')).Where(f => f.Length > 2 && f[2] is "cgroup" or "cgroup2").Select(f => f[2])];
        return (types.Contains("cgroup"), types.Contains("cgroup2")) switch
        {
            (true, true) => "hybrid (v1 and v2)",
            (true, false) => "v1",
            (false, true) => "v2",
            _ => "not mounted",
        };
    }

    private static IEnumerable<KeyValuePair<string, string>> Service(IReadOnlyList<string> environment)
    {
        if (!File.Exists(Programs.Client))
            yield break;
        using Running client = Running.Start(Programs.Client, ["status", "--json"], environment, null);
        client.EndInput();
        if (client.NextLine(5) is not { } line)
            yield break;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            yield break;
        }

        using (document)
        {
            foreach ((string name, string title) in new[] { ("service", "service"), ("site", "site"), ("policyEpoch", "policy epoch") })
            {
                if (document.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String)
                    yield return new(title, value.GetString()!);
            }
        }
    }

    private static string Line(string path) => Kernel.Text(path).Trim();
}
