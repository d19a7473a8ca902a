using System.Globalization;

namespace Isolation.Cells;

/// <summary>Lists of CPUs or memory nodes as the kernel writes them: <c>0-3,8</c> (cpuset(7), FORMATS).</summary>
public static class CpuList
{
    private const int Most = 65_536;

    /// <summary>True when every number of the second list is in the first. A list that says nothing bounds nothing.</summary>
    public static bool Covers(string bound, string list)
        => bound.Length == 0 || (list.Length > 0 && Parse(bound) is { } allowed && Parse(list) is { } wanted && wanted.IsSubsetOf(allowed));

    private static HashSet<int>? Parse(string list)
    {
        HashSet<int> numbers = [];
        foreach (string part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                || ends.Length > 2 || last < first || last >= Most)
                return null;
            numbers.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return numbers;
    }
}
