using System.Diagnostics;

namespace Isolation.Probes;

/// <summary>All probes at one level.</summary>
/// <param name="Asked">The level that was asked for; empty: policy's choice.</param>
/// <param name="Attempts">What was tried.</param>
/// <param name="Fault">Why nothing could be tried, or null.</param>
/// <param name="Victim">The victim's payload.</param>
/// <param name="Attacker">The attacker's.</param>
/// <param name="Claims">Whether the two belonged to two named subjects.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record LevelRun(
    string Asked, IReadOnlyList<Attempt> Attempts, string? Fault, PayloadStatus? Victim, PayloadStatus? Attacker, bool Claims, TimeSpan Elapsed)
{
    /// <summary>What it was, in words: <c>setuid classic</c>.</summary>
    public string Name => (Attacker ?? Victim) is { Level.Length: > 0 } payload ? $"{payload.Level} {payload.Room}".Trim() : Asked.Length > 0 ? Asked : "policy's choice";

    /// <summary>Runs them.</summary>
    public static LevelRun Make(string level, IReadOnlyList<Probe> probes, IReadOnlyList<string> environment, Action<string> over, Ledger? ledger, Sleeper? sleeper)
    {
        long since = Stopwatch.GetTimestamp();
        using WorkDirectory work = WorkDirectory.Make();
        PayloadStage stage = new(level is "classic" or "private" ? "setuid" : level, work.Path, environment);
        Session session = new(stage, work.Run, work.Path, environment) { Ledger = ledger, Sleeper = sleeper };
        (IReadOnlyList<Attempt> attempts, string? fault) = session.Run(probes);
        if (fault is not null && fault.Contains("claim", StringComparison.OrdinalIgnoreCase))
        {
            stage.WithoutClaims();
            session = new Session(stage, work.Run, work.Path, environment) { Ledger = ledger, Sleeper = sleeper };
            (attempts, fault) = session.Run(probes);
        }

        over(work.Run);
        if (fault is null && (level is "classic" or "private") && session.Victim is { } victim && victim.Room != level)
            fault = $"policy gives rooms of the kind {victim.Room}, not {level}. Fix: write levels: setuid: {{ room: {level} }} in the policy.";
        return new LevelRun(level, attempts, fault, session.Victim, session.Attacker, stage.Claims, Stopwatch.GetElapsedTime(since));
    }
}
