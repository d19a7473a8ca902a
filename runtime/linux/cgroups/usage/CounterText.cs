using System.Globalization;

namespace Isolation.Linux;

/// <summary>
/// Reads the texts of counters, as they stand in the kernel's documentation (admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst, accounting/psi.rst).
/// A number that is not there, is no number, or is larger than 2^63-1 is null: never taken for another.
/// </summary>
public static class CounterText
{
    /// <summary>A file that holds one number.</summary>
    public static long? Number(ReadOnlySpan<char> text)
        => long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;

    /// <summary>A line <c>key value</c> of a flat keyed file.</summary>
    public static long? Keyed(ReadOnlySpan<char> text, string key)
    {
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key, StringComparison.Ordinal))
                return Number(line[(key.Length + 1)..]);
        }

        return null;
    }

    /// <summary>The total of a line of a pressure file, microseconds; <paramref name="line"/> is <c>some</c> or <c>full</c>.</summary>
    public static long? Pressure(ReadOnlySpan<char> text, string line)
    {
        foreach (ReadOnlySpan<char> candidate in text.EnumerateLines())
        {
            if (candidate.Length > line.Length && candidate[line.Length] == ' ' && candidate.StartsWith(line, StringComparison.Ordinal))
                return Nested(candidate, "total");
        }

        return null;
    }

    /// <summary>The sum over devices of one key of a nested keyed file such as io.stat; an empty file: nothing was counted, which is 0.</summary>
    public static long? Sum(ReadOnlySpan<char> text, string key)
    {
        long sum = 0;
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            if (line.IsWhiteSpace())
                continue;
            if (!line.Contains('='))
            {
                // A device on which nothing was counted yet is its number alone.
                if (line.Contains(':'))
                    continue;
                return null;
            }

            if (Nested(line, key) is not long value || value > long.MaxValue - sum)
                return null;
            sum += value;
        }

        return sum;
    }

    private static long? Nested(ReadOnlySpan<char> line, string key)
    {
        foreach (Range range in line.Split(' '))
        {
            ReadOnlySpan<char> word = line[range];
            if (word.Length > key.Length && word[key.Length] == '=' && word.StartsWith(key, StringComparison.Ordinal))
                return Number(word[(key.Length + 1)..]);
        }

        return null;
    }
}
