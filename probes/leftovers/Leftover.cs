using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>What a payload left behind, as the pilot sees it.</summary>
internal static class Leftover
{
    private const int Looks = 12;
    private const int PauseMilliseconds = 50;
    private const int Listings = 8;

    /// <summary>Looks for processes with that name among their words, and ends those that it may.</summary>
    public static void Processes(Attack attack, string name)
    {
        // Again and again: one that is just being started has not taken its name yet, and of a chain each is gone as soon as it is seen.
        int[] pids = Living(name);
        for (int look = 1; look < Looks && pids.Length == 0; look++)
        {
            Kernel.Pause(PauseMilliseconds);
            pids = Living(name);
        }
        pids = [.. pids.Union(Living(name))];
        foreach (int pid in pids)
            KernelCall.Invoke(Nr.kill, pid, 9);
        if (pids.Length > 0)
            attack.Broke("look for its processes once it is over", $"{pids.Length}: {string.Join(' ', pids)}");
        else
            attack.Held("look for its processes once it is over", "none");
    }

    /// <summary>The processes with that name among their words. Where none is found, those that came while it was looked are looked at too.</summary>
    public static int[] Living(string name)
    {
        int[] known = [], found = [];
        for (int listing = 0; listing < Listings && found.Length == 0; listing++)
        {
            int[] listed = Kernel.Pids();
            int[] fresh = [.. listed.Except(known)];
            if (fresh.Length == 0)
                break;
            // The newest first: of a chain that forks all the while only the newest still lives when it is its turn to be read.
            found = [.. fresh.OrderDescending().Where(pid => HasName(pid, name))];
            known = listed;
        }

        return found;
    }

    private static bool HasName(int pid, string name)
        => Kernel.Text($"/proc/{pid}/cmdline") is var words && words.Contains('\0' + name + '\0', StringComparison.Ordinal) && !words.Contains("\0attack\0", StringComparison.Ordinal);

    /// <summary>Looks for files.</summary>
    public static void Files(Attack attack, IEnumerable<string> paths)
    {
        Things(attack, [.. paths.Select(path => ("look for " + path, (Func<bool>)(() => Path.Exists(path))))]);
        foreach (string path in paths)
            Kernel.Remove(path);
    }

    /// <summary>
    /// Looks for things until none is there any more, for a bounded time: what the kernel and the service take away goes in its own time.
    /// </summary>
    public static void Things(Attack attack, IReadOnlyList<(string Tried, Func<bool> IsThere)> things)
    {
        for (int look = 1; look < Looks && things.Any(t => t.IsThere()); look++)
            Kernel.Pause(PauseMilliseconds);
        foreach ((string tried, Func<bool> isThere) in things)
        {
            if (isThere())
                attack.Broke(tried, $"is still there, {Looks * PauseMilliseconds} ms after its ending was told");
            else
                attack.Held(tried, "is gone, or was never seen here");
        }
    }
}
