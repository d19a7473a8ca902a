using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>F1. Without a limit it stops at a number that harms nobody.</summary>
internal static class F1
{
    private const int Most = 90;

    public static readonly Probe Probe = new("F1", "start more processes and threads than its limit", Run) { Place = Place.Alone, Limits = ["pids=40"] };

    private static void Run(Attack attack)
    {
        List<int> children = [];
        int errno = 0;
        while (children.Count < Most && errno == 0)
        {
            int child = Waiter.Spawn(["wait", "30", "separation-f1"]);
            if (child > 0)
                children.Add(child);
            else
                errno = -child;
        }

        foreach (int child in children)
            KernelCall.Invoke(Nr.kill, child, 9);
        if (errno == 0)
            attack.Broke($"start {Most} processes under a limit of 40", "all started");
        else
            attack.Held($"start {Most} processes under a limit of 40", $"{children.Count} started, then {ErrnoName.Of(errno)}");
    }
}
