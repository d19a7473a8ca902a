namespace Isolation.Probes;

/// <summary>What came of one thing that was tried.</summary>
internal enum Outcome
{
    /// <summary>There is nothing to try it on here.</summary>
    NotApplicable,

    /// <summary>It was refused, or showed nothing.</summary>
    Held,

    /// <summary>Whether it is allowed is the site's decision, and it was.</summary>
    ByPolicy,

    /// <summary>It succeeded.</summary>
    Broke,

    /// <summary>The probe itself failed: nothing is known.</summary>
    Failed,
}

/// <summary>One thing that a probe tried.</summary>
/// <param name="Probe">The probe's id.</param>
/// <param name="Tried">What was tried.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Seen">What was seen: the evidence.</param>
internal sealed record Attempt(string Probe, string Tried, Outcome Outcome, string Seen);
