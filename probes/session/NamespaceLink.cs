namespace Isolation.Probes;

/// <summary>Which namespace a process is in, as the kernel writes it.</summary>
internal static class NamespaceLink
{
    /// <summary>Of this process; empty where /proc does not show it.</summary>
    public static string Of(string kind)
    {
        try
        {
            return new FileInfo($"/proc/self/ns/{kind}").LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
