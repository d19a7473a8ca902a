using System.Diagnostics;
using System.Globalization;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>E14. As E3 and in the same payload, by a child: the cgroup cannot be removed while that is there.</summary>
internal static class E14
{
    private const int StartMilliseconds = 300;
    private const double NeighbourSeconds = 10, GoneSeconds = 15;

    public static readonly Probe Probe = new("E14", "keep its cgroup from being removed, and hold up the service with it", Run)
    {
        Place = Place.Meanwhile,
        After = Look,
    };

    private static void Run(Attack attack)
    {
        NativeBuffer buffer = new(4096); // it is never read into
        new Thread(() => SyscallScript.Run(0, [new ScriptCall(Nr.read, [0, buffer.Address, buffer.Length])])) { IsBackground = true }.Start();
        Kernel.Pause(StartMilliseconds);
        attack.Missing("have a child read from a file system that sleeps", "read");
    }

    private static void Look(Attack attack)
    {
        Outside outside = attack.Outside!;
        if (attack.Target.Has("bare"))
        {
            // The parent is gone; the child holds what it shares with it: the output that somebody waits for.
            bool over = outside.Payload!.Process.OutputIsOver(1);
            if (over)
                attack.Missing("wait until it is gone", "this kernel lets its child go");
            else
                attack.Broke("wait until it is gone, as a simple clean-up does", "not over after a second, and nothing says when it will be");
            return;
        }

        string leaf = UnifiedMount() + attack.Target["payload.cgroup"];
        if (attack.Target["payload.cgroup"].Length == 0 || !Directory.Exists(leaf))
        {
            attack.Missing("look at its cgroup", $"{leaf} is not there: nothing keeps it");
            return;
        }

        string found = (outside.Ledger?.Payload(attack.Target["payload.id"]) ?? []).Select(r => Ledger.Member(r, "residue", "processes", "found")).FirstOrDefault(f => f.Length > 0) ?? "";
        if (found.Length > 0)
            attack.Held("have its cgroup called empty", $"{leaf} is still there, and its record says: {found}");
        else
            attack.Broke("have its cgroup called empty", $"{leaf} is still there, and no record says so");
        if (outside.Payload!.Process.Wait(0) is null)
            attack.Broke("have the clean-up wait for its cgroup", "its client still waits for an ending");
        else
            attack.Held("have the clean-up wait for its cgroup", attack.Target["ending"]);
        for (int i = 0; i < 3; i++)
        {
            if (outside.Neighbour(NeighbourSeconds, out _) is { } trouble)
                attack.Broke("hold up a neighbour", trouble);
            else
                attack.Held("hold up a neighbour", "it was served");
        }

        long since = Stopwatch.GetTimestamp();
        outside.Sleeper!.Dispose();
        while (Directory.Exists(leaf) && Stopwatch.GetElapsedTime(since).TotalSeconds < GoneSeconds)
            Kernel.Pause(50);
        string took = string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s after the file system let go");
        if (Directory.Exists(leaf))
            attack.Broke("have its cgroup forgotten", $"{leaf} is there {took}");
        else
            attack.Held("have its cgroup forgotten", $"removed {took}");
    }

    private static string UnifiedMount()
        => Kernel.Text("/proc/self/mounts").Split('\n').Select(l => l.Split(' ')).FirstOrDefault(f => f.Length > 2 && f[2] == "cgroup2")?[1] ?? "/sys/fs/cgroup";
}
