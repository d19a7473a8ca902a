using System.Globalization;

namespace Isolation.Probes;

/// <summary>E2.</summary>
internal static class E2
{
    private const int Seconds = 30;

    public static readonly Probe Probe = new("E2", "outrun the killing by forking all the while", Run)
    {
        Place = Place.Alone,
        Limits = ["pids=200"],
        After = Look,
    };

    private static void Run(Attack attack)
    {
        string until = (Environment.TickCount64 + Seconds * 1000).ToString(CultureInfo.InvariantCulture);
        int started = 0;
        for (int i = 0; i < 8; i++)
            started += Waiter.Spawn(["storm", until, Name(attack)]) > 0 ? 1 : 0;
        attack.Missing("start chains that each fork and end", $"{started} started, for {Seconds} s or until they are stopped");
    }

    // However late it is looked for: what was not killed forks until it is told to stop.
    private static void Look(Attack attack)
    {
        Leftover.Processes(attack, Name(attack));
        using (new FileStream(Waiter.Stop(Name(attack)), FileMode.CreateNew))
            Kernel.Pause(300);
        Kernel.Remove(Waiter.Stop(Name(attack)));
    }

    private static string Name(Attack attack) => $"separation-{attack.Target.Run}-e2";
}
