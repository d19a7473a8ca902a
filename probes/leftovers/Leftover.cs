namespace Isolation.Probes;

/// <summary>What a payload left behind, as the pilot sees it.</summary>
internal static class Leftover
{
    /// <summary>Looks for processes with that name among their words, and ends those that it may.</summary>
    public static void Processes(Attack attack, string name)
    {
        // Twice: one that is just being started has not taken its name yet.
        int[] pids = Living(name);
        Kernel.Pause(200);
        pids = [.. pids.Union(Living(name))];
        foreach (int pid in pids)
            Isolation.Linux.KernelCall.Invoke(Nr.kill, pid, 9);
        if (pids.Length > 0)
            attack.Broke("look for its processes once it is over", $"{pids.Length}: {string.Join(' ', pids)}");
        else
            attack.Held("look for its processes once it is over", "none");
    }

    private static int[] Living(string name) => [.. Kernel.Pids().Where(p => Kernel.Text($"/proc/{p}/cmdline") is var words && words.Contains('\0' + name + '\0', StringComparison.Ordinal)
            && !words.Contains("\0attack\0", StringComparison.Ordinal))];

    /// <summary>Looks for files.</summary>
    public static void Files(Attack attack, IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            if (Path.Exists(path))
                attack.Broke("look for " + path, "is still there");
            else
                attack.Held("look for " + path, "is gone, or was never seen here");
            Kernel.Remove(path);
        }
    }
}
