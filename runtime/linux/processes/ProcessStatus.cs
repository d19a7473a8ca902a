namespace Isolation.Linux;

/// <summary>Fields of /proc/PID/status (proc(5)).</summary>
public static class ProcessStatus
{
    /// <summary>What stands behind the name, or an empty text.</summary>
    public static string Field(string status, string name)
    {
        foreach (ReadOnlySpan<char> line in status.AsSpan().EnumerateLines())
        {
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.Ordinal))
                return line[(name.Length + 1)..].Trim().ToString();
        }

        return "";
    }
}
