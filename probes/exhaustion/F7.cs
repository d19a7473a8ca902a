using System.Globalization;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>F7.</summary>
internal static class F7
{
    private const int Most = 300;

    public static readonly Probe Probe = new("F7", "open more files than its limit, and use up what is counted for an account", Run) { Place = Place.Alone, Limits = ["files=100"] };

    private static void Run(Attack attack)
    {
        List<nint> open = [];
        nint result = 0;
        while (open.Count < Most && (result = Kernel.Open("/dev/null", Sys.O_RDONLY)) >= 0)
            open.Add(result);
        open.ForEach(Kernel.Close);
        if (result >= 0)
            attack.Broke($"open {Most} files under a limit of 100", "all opened");
        else
            attack.Held($"open {Most} files under a limit of 100", $"{open.Count}, then {ErrnoName.Of(-result)}");

        string own = KernelCall.Invoke(Nr.getuid).ToString(CultureInfo.InvariantCulture);
        foreach (string role in new[] { "victim", "pilot" })
        {
            if (attack.Target[role + ".uid"] == own)
                attack.Broke($"share inotify instances, keys, locks, queues with the {role}", $"the same account, {own}");
            else
                attack.Held($"share inotify instances, keys, locks, queues with the {role}", $"accounts {own} and {attack.Target[role + ".uid"]}");
        }
    }
}
