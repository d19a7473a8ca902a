namespace Isolation.Linux;

/// <summary>The cgroups of a process, from /proc/PID/cgroup (cgroups(7)).</summary>
/// <param name="Unified">Its path in the v2 hierarchy.</param>
/// <param name="All">Its path in every hierarchy.</param>
public sealed record ProcessCgroups(string Unified, IReadOnlyList<string> All)
{
    private const string LeafPrefix = "cell-";

    /// <summary>The name of a cell's leaf, in every hierarchy.</summary>
    public static string LeafName(Guid cell) => LeafPrefix + cell.ToString("D");

    /// <summary>True for a process in the leaf of any cell, of whatever service on this host.</summary>
    public bool IsInsideACell => All.Any(path => path.Split('/').Any(IsLeafName));

    /// <summary>Parses the text of /proc/PID/cgroup.</summary>
    public static ProcessCgroups Parse(string text)
    {
        string unified = "/";
        List<string> all = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(':', 3);
            if (fields.Length < 3)
                continue;
            all.Add(fields[2]);
            if (fields[0] == "0")
                unified = fields[2];
        }

        return new ProcessCgroups(unified, all);
    }

    private static bool IsLeafName(string component)
        => component.StartsWith(LeafPrefix, StringComparison.Ordinal) && Guid.TryParseExact(component.AsSpan(LeafPrefix.Length), "D", out _);
}
