using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>
/// The program <c>separation</c> (docs/separation.md): the orchestrator of <c>isolation separation</c>, and what it starts: plants,
/// attackers, single probes.
/// </summary>
internal static class Program
{
    private static int Main(string[] words)
    {
        Sys.PlugStandardStreams();
        string[] rest = words.Length > 0 ? words[1..] : [];
        return words.FirstOrDefault() switch
        {
            "plant" when rest.Length >= 4 => Plant.Start(rest),
            "attack" when rest.Length >= 1 => AttackRunner.Start(rest, CallerEnvironment.Entries()),
            "try" when rest.Length >= 1 => AttackRunner.TryOne(rest),
            "hold" => Terminal.Hold(),
            "sleep" => Sleeper.Serve(),
            "ledger" => LedgerServer.Serve(),
            "flood" when rest.Length >= 1 => G6.Flood(rest),
            "idle" => Waiter.Idle(),
            "pour" => Waiter.Pour(),
            "storm" when rest.Length >= 2 => Waiter.Storm(rest),
            "sweep" => Sweeper.Serve(),
            "wait" when rest.Length >= 1 => Waiter.Start(rest),
            _ => Orchestrator.Start(words, CallerEnvironment.Entries()),
        };
    }
}
