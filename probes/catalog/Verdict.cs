namespace Isolation.Probes;

/// <summary>What a probe's attempts amount to.</summary>
internal enum Verdict
{
    /// <summary>Everything was refused or showed nothing.</summary>
    Held,

    /// <summary>Something succeeded that must not.</summary>
    Broke,

    /// <summary>There is nothing here to try it on.</summary>
    NotApplicable,

    /// <summary>Something succeeded that the site's policy decides.</summary>
    DiffersByPolicy,

    /// <summary>The probe itself failed, or told nothing.</summary>
    Unknown,
}

/// <summary>From attempts to a verdict: the worst decides.</summary>
internal static class Judge
{
    /// <summary>The verdict on one probe.</summary>
    public static Verdict Of(IReadOnlyCollection<Attempt> attempts)
    {
        bool Any(Outcome outcome) => attempts.Any(a => a.Outcome == outcome);
        if (Any(Outcome.Broke))
            return Verdict.Broke;
        if (Any(Outcome.Failed) || attempts.Count == 0)
            return Verdict.Unknown;
        if (Any(Outcome.ByPolicy))
            return Verdict.DiffersByPolicy;
        return Any(Outcome.Held) ? Verdict.Held : Verdict.NotApplicable;
    }

    /// <summary>The words of the report.</summary>
    public static string Words(Verdict verdict) => verdict switch
    {
        Verdict.Held => "held",
        Verdict.Broke => "broke",
        Verdict.NotApplicable => "not applicable",
        Verdict.DiffersByPolicy => "differs by policy",
        _ => "unknown",
    };
}
