using System.Globalization;

namespace Isolation.Daemon;

/// <summary>Reads the texts of /proc/PID (proc(5)).</summary>
internal static class ProcTexts
{
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
