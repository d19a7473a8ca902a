using System.Globalization;

namespace Isolation.Daemon;

/// <summary>Reads the texts of /proc/PID (proc(5)).</summary>
internal static class ProcTexts
{
    private const int StartTimeField = 22;

    /// <summary>Field 22 of <c>stat</c>: the start, in clock ticks after boot. The name in field 2 may hold blanks and parentheses.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static ulong StartTime(string stat)
    {
        int nameEnd = stat.LastIndexOf(')');
        string[] fields = nameEnd < 0 ? [] : stat[(nameEnd + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int index = StartTimeField - 3; // fields[0] is field 3
        return fields.Length > index && ulong.TryParse(fields[index], NumberStyles.None, CultureInfo.InvariantCulture, out ulong ticks)
            ? ticks
            : throw new FormatException("/proc/PID/stat has no field 22");
    }

    /// <summary>The soft stack limit of <c>limits</c>, bytes; null for unlimited.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static long? SoftStackLimit(string limits)
    {
        const string name = "Max stack size";
        foreach (string line in limits.Split('\n'))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal))
                continue;
            string soft = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            return soft == "unlimited" ? null : long.Parse(soft, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        throw new FormatException($"/proc/PID/limits has no line \"{name}\"");
    }
}
