using System.Globalization;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>Reads back that this process holds no privilege, in every thread: the service refuses to run with any.</summary>
internal static class PrivilegeProof
{
    private static readonly string[] Always = ["CapInh", "CapPrm", "CapEff", "CapAmb"];
    private static readonly string[] AfterLaunching = [.. Always, "CapBnd"];

    /// <summary>Null when it holds none; otherwise which thread holds what.</summary>
    /// <param name="isLaunched">The launcher has also emptied the bounding set and set no_new_privs; a unit of systemd's may not.</param>
    public static string? Fault(bool isLaunched)
    {
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            string text;
            try
            {
                text = File.ReadAllText(Path.Combine(task, "status"));
            }
            catch (IOException)
            {
                continue; // the thread has just ended
            }

            if (Fault(text, isLaunched) is string fault)
                return $"thread {Path.GetFileName(task)}: {fault}";
        }

        return null;
    }

    /// <summary>The same for the text of one thread's <c>status</c>.</summary>
    internal static string? Fault(string status, bool isLaunched)
    {
        Dictionary<string, string> fields = status.Split('\n').Select(l => l.Split(':', 2)).Where(l => l.Length == 2)
            .ToDictionary(l => l[0], l => l[1].Trim(), StringComparer.Ordinal);
        foreach (string ids in (string[])["Uid", "Gid"])
            if (!fields.TryGetValue(ids, out string? values) || values.Split('\t').Contains("0"))
                return $"{ids} is {values ?? "not told"}";
        foreach (string set in isLaunched ? AfterLaunching : Always)
            if (!fields.TryGetValue(set, out string? mask) || ulong.Parse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture) != 0)
                return $"{set} is {mask ?? "not told"}";
        return isLaunched && fields.GetValueOrDefault("NoNewPrivs") != "1" ? "NoNewPrivs is not 1" : null;
    }
}
