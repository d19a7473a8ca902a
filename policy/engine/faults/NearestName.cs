namespace Isolation.Policy;

/// <summary>Finds the name somebody probably meant.</summary>
internal static class NearestName
{
    /// <summary>A sentence that names the nearest of <paramref name="names"/>, or lists them all when none is near.</summary>
    public static string Suggest(string written, IReadOnlyCollection<string> names)
        => Of(written, names) is string near ? $"Did you mean '{near}'?"
            : names.Count == 0 ? "Remove it."
            : $"Known here: {string.Join(", ", names)}.";

    /// <summary>The name within a third of its length in single-character edits, or null.</summary>
    public static string? Of(string written, IEnumerable<string> names)
    {
        // Nobody mistypes a name into one of three times its length; and the table below stays small.
        if (written.Length > 64)
            return null;
        string? nearest = null;
        int best = int.MaxValue;
        foreach (string name in names)
        {
            int distance = Distance(written, name);
            if (distance < best && distance <= Math.Max(1, name.Length / 3))
                (nearest, best) = (name, distance);
        }

        return nearest;
    }

    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[right.Length];
    }
}
