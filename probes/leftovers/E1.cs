namespace Isolation.Probes;

/// <summary>E1.</summary>
internal static class E1
{
    public static readonly Probe Probe = new("E1", "leave processes behind: in sessions of their own, orphaned, renamed, deaf to signals", Run)
    {
        Place = Place.Alone,
        After = attack => Leftover.Processes(attack, Name(attack)),
    };

    private static void Run(Attack attack)
    {
        int started = 0;
        for (int i = 0; i < 5; i++)
            started += Waiter.Spawn(["wait", "120", Name(attack)]) > 0 ? 1 : 0;
        attack.Missing("start processes in sessions of their own", $"{started} started");
    }

    private static string Name(Attack attack) => $"separation-{attack.Target.Run}-e1";
}
