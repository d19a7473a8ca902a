using System.Reflection;

namespace Isolation.Batch.Tests;

/// <summary>docs/placement.md: its tables are what the tests measured, one for each kind of host.</summary>
internal static class PlacementPage
{
    private const string Head = "| tree | position | job's limits | job's accounting | own limits | killed with the job | emptiness | how a payload gets there |";

    private static readonly string Repository = Path.GetFullPath(
        typeof(PlacementPage).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!);

    private static readonly string Page = Path.Combine(Repository, "docs", "placement.md");

    /// <summary>Where what was measured is left: in the guest it is carried out of it.</summary>
    private static readonly string Results = Directory.Exists("/run/guest") ? "/run/guest/results" : Path.Combine(Repository, "out", "test-results");

    /// <summary>The table as it was measured, left among the results; with ISOLATION_WRITE_DOCS put into the page, with that of the other kind if it is there.</summary>
    public static string Keep(string kind, IEnumerable<PlaceRow> rows)
    {
        List<string> lines = [Head, "|---|---|---|---|---|---|---|---|"];
        foreach (IGrouping<string, PlaceRow> tree in rows.GroupBy(r => r.Tree))
            lines.AddRange(tree.Select((row, i) => i == 0 ? $"| {tree.Key} {row.Line[2..]}" : row.Line));
        string table = string.Join('\n', lines) + "\n";
        Directory.CreateDirectory(Results);
        File.WriteAllText(FileOf(kind), table);
        if (Environment.GetEnvironmentVariable("ISOLATION_WRITE_DOCS") == "1")
        {
            string page = File.ReadAllText(Page);
            foreach (string measured in new[] { "v1", "v2" }.Where(k => File.Exists(FileOf(k))))
                page = page[..Place(page, measured).Start] + File.ReadAllText(FileOf(measured)) + page[Place(page, measured).End..];
            File.WriteAllText(Page, page);
        }

        return table;
    }

    /// <summary>The table as the page has it.</summary>
    public static string Written(string kind) => Written(File.ReadAllText(Page), kind);

    private static string FileOf(string kind) => Path.Combine(Results, $"placement-{kind}.md");

    private static string Written(string page, string kind) => page[Place(page, kind)];

    private static Range Place(string page, string kind)
    {
        string begin = $"<!-- measured on {kind} -->\n";
        int from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return from..page.IndexOf("<!-- end -->", from, StringComparison.Ordinal);
    }
}
