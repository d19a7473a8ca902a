using System.Collections.Frozen;

namespace Isolation.Architecture.Tests;

/// <summary>Who may reference whom among our own projects: the sentence of the design's layout, as data.</summary>
internal static class References
{
    private static readonly string[] Isolators =
        ["Isolation.Isolators.LogOnly", "Isolation.Isolators.Setuid", "Isolation.Isolators.Container", "Isolation.Isolators.Vm"];

    private static readonly string[] ForIsolators = ["Isolation.Core", "Isolation.Linux", "Isolation.Wire", "Isolation.Images", "Isolation.Cells"];

    /// <summary>Project to what it may reference. A project that is not here may not exist.</summary>
    public static readonly FrozenDictionary<string, string[]> Allowed = new Dictionary<string, string[]>
    {
        ["Isolation.Core"] = [],
        ["Isolation.Wire"] = [],
        ["Isolation.Linux"] = ["Isolation.Core"],
        ["Isolation.Ledger"] = ["Isolation.Core"],
        ["Isolation.Policy"] = ["Isolation.Core"],
        ["Isolation.Credentials"] = ["Isolation.Core"],
        ["Isolation.Authorization"] = ["Isolation.Core", "Isolation.Policy"],
        ["Isolation.Cells"] = ["Isolation.Core", "Isolation.Linux", "Isolation.Wire"],
        ["Isolation.Images"] = ["Isolation.Core", "Isolation.Linux", "Isolation.Cells"],
        ["Isolation.Isolators.LogOnly"] = ForIsolators,
        ["Isolation.Isolators.Setuid"] = ForIsolators,
        ["Isolation.Isolators.Container"] = ForIsolators,
        ["Isolation.Isolators.Vm"] = ForIsolators,
        ["Isolation.Warden"] = ["Isolation.Core", "Isolation.Linux", "Isolation.Wire", "Isolation.Cells", "Isolation.Images", .. Isolators],
        ["Isolation.Daemon"] =
            ["Isolation.Core", "Isolation.Wire", "Isolation.Linux", "Isolation.Ledger", "Isolation.Policy", "Isolation.Credentials", "Isolation.Authorization"],
        ["Isolation.Cli"] = ["Isolation.Wire", "Isolation.Linux"],
        ["Isolation.CellInit"] = ["Isolation.Wire", "Isolation.Linux"],
        ["Isolation.Site"] = ["Isolation.Core", "Isolation.Wire"],
        ["Isolation.Probes"] = ["Isolation.Linux"],
    }.ToFrozenDictionary();

    /// <summary>Project to the name of what it builds, where they differ.</summary>
    public static readonly FrozenDictionary<string, string> AssemblyNames = new Dictionary<string, string>
    {
        ["Isolation.Daemon"] = "isolationd",
        ["Isolation.Warden"] = "warden",
        ["Isolation.CellInit"] = "cell-init",
        ["Isolation.Cli"] = "isolation",
        ["Isolation.Probes"] = "separation",
    }.ToFrozenDictionary();

    /// <summary>What a project may reference in the end, its references' references included: what its assembly can name.</summary>
    public static IReadOnlySet<string> AllowedInTheEnd(string project)
    {
        HashSet<string> all = [];
        Queue<string> open = new(Allowed[project]);
        while (open.TryDequeue(out string? next))
        {
            if (all.Add(next))
                foreach (string further in Allowed[next])
                    open.Enqueue(further);
        }

        return all;
    }
}
