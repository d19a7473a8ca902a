namespace Isolation.Linux;

/// <summary>The cgroup of a process in one hierarchy.</summary>
/// <param name="Controllers">The controllers of a v1 hierarchy (a named one: <c>name=…</c>); empty for the unified hierarchy.</param>
/// <param name="Path">Its path below the root of the reader's cgroup namespace.</param>
public sealed record HierarchyPath(IReadOnlyList<string> Controllers, string Path)
{
    /// <summary>True for the v2 hierarchy.</summary>
    public bool IsUnified => Controllers.Count == 0;
}

/// <summary>The cgroups of a process, from /proc/PID/cgroup (cgroups(7)).</summary>
/// <param name="Hierarchies">One for each hierarchy.</param>
public sealed record ProcessCgroups(IReadOnlyList<HierarchyPath> Hierarchies)
{
    private const string LeafPrefix = "cell-";

    /// <summary>Its path in the v2 hierarchy; / where there is none.</summary>
    public string Unified => Hierarchies.FirstOrDefault(h => h.IsUnified)?.Path ?? "/";

    /// <summary>Its path in every hierarchy.</summary>
    public IReadOnlyList<string> All => [.. Hierarchies.Select(h => h.Path)];

    /// <summary>Its path in the v1 hierarchy of a controller; null where no v1 hierarchy has it.</summary>
    public string? OfController(string controller) => Hierarchies.FirstOrDefault(h => h.Controllers.Contains(controller))?.Path;

    /// <summary>The name of a cell's leaf, in every hierarchy.</summary>
    public static string LeafName(Guid cell) => LeafPrefix + cell.ToString("D");

    /// <summary>True for a process in the leaf of any cell, of whatever service on this host.</summary>
    public bool IsInsideACell => Hierarchies.Any(h => h.Path.Split('/').Any(IsLeafName));

    /// <summary>Parses the text of /proc/PID/cgroup.</summary>
    public static ProcessCgroups Parse(string text)
    {
        List<HierarchyPath> all = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(':', 3);
            if (fields.Length == 3)
                all.Add(new HierarchyPath(fields[0] == "0" ? [] : fields[1].Split(',', StringSplitOptions.RemoveEmptyEntries), fields[2]));
        }

        return new ProcessCgroups(all);
    }

    private static bool IsLeafName(string component)
        => component.StartsWith(LeafPrefix, StringComparison.Ordinal) && Guid.TryParseExact(component.AsSpan(LeafPrefix.Length), "D", out _);
}
