namespace Isolation.Probes;

/// <summary>Everything that a report tells.</summary>
/// <param name="Probes">What was to be tried.</param>
/// <param name="Bare">The attempts without separation; null where there was no self-test.</param>
/// <param name="Privileged">Whether the self-test was root's: only then must each be green.</param>
/// <param name="Levels">The levels.</param>
/// <param name="Host">Facts of the host and service.</param>
/// <param name="Elapsed">How long all took.</param>
internal sealed record Findings(
    IReadOnlyList<Probe> Probes, IReadOnlyList<Attempt>? Bare, bool Privileged, IReadOnlyList<LevelRun> Levels, IReadOnlyList<KeyValuePair<string, string>> Host, TimeSpan Elapsed)
{
    /// <summary>The attempts of a probe at a level.</summary>
    public static IReadOnlyList<Attempt> Of(LevelRun level, Probe probe) => [.. level.Attempts.Where(a => a.Probe == probe.Id)];

    /// <summary>The attempts of a probe without separation.</summary>
    public IReadOnlyList<Attempt> Unseparated(Probe probe) => [.. (Bare ?? []).Where(a => a.Probe == probe.Id)];

    /// <summary>What the self-test shows of a probe.</summary>
    public SelfTestState SelfTest(Probe probe)
    {
        if (Bare is null)
            return SelfTestState.NotMade;
        if (probe.NoSelfTest is not null)
            return SelfTestState.NotPossible;
        return Judge.Of(Unseparated(probe)) switch
        {
            Verdict.Broke or Verdict.DiffersByPolicy => SelfTestState.Green,
            Verdict.NotApplicable => SelfTestState.NotHere,
            _ => Privileged ? SelfTestState.Red : SelfTestState.NotHere,
        };
    }

    /// <summary>Nothing broke, nothing is unknown, no self-test is red.</summary>
    public bool IsGood => Levels.All(l => l.Fault is null && Probes.All(p => Judge.Of(Of(l, p)) is Verdict.Held or Verdict.NotApplicable or Verdict.DiffersByPolicy))
        && Probes.All(p => SelfTest(p) != SelfTestState.Red);
}

/// <summary>What a self-test shows.</summary>
internal enum SelfTestState
{
    /// <summary>It was left out.</summary>
    NotMade,

    /// <summary>The probe succeeds where nothing separates.</summary>
    Green,

    /// <summary>It does not: what it says of a level proves nothing.</summary>
    Red,

    /// <summary>This host or this account has nothing on which it could.</summary>
    NotHere,

    /// <summary>It has none, and says why.</summary>
    NotPossible,
}
