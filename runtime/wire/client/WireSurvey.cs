namespace Isolation.Wire;

/// <summary>What each position among the cgroups would hold for the caller, found by making a leaf there and removing it.</summary>
/// <param name="Position">The one that a payload would get now; null where none does.</param>
/// <param name="Positions">All, in the order in which they are tried; empty where they cannot be told.</param>
/// <param name="Why">If they cannot be told: what was tried and seen.</param>
/// <param name="Fix">If they cannot be told: what to do.</param>
public sealed record WireSurvey(string? Position, IReadOnlyList<WireSurveyedPosition> Positions, string? Why, string? Fix);

/// <summary>One position.</summary>
/// <param name="Position"><c>beside</c>, <c>below</c>, <c>inside</c> or <c>own</c>.</param>
/// <param name="Possible">A leaf can be made there.</param>
/// <param name="Holds">What would hold there.</param>
/// <param name="Lost">Ceilings of the pilot that would be left behind.</param>
/// <param name="NotEnforced">Limits that could not be enforced there.</param>
/// <param name="Why">What of it is missing, or null.</param>
/// <param name="WhyNot">Why it would not be taken; null for the one that would.</param>
/// <param name="Fix">The command or setting that would let it hold more, or null.</param>
public sealed record WireSurveyedPosition(
    string Position, bool Possible, IReadOnlyList<string> Holds, IReadOnlyList<string> Lost, IReadOnlyList<string> NotEnforced, string? Why, string? WhyNot,
    string? Fix);

/// <summary>One thing that was looked at.</summary>
/// <param name="Topic"><c>service</c>, <c>warden</c>, <c>ledger</c>, <c>levels</c>, <c>policy</c>, <c>batch</c>, <c>placement</c>, <c>cgroups</c>, <c>kernel</c> or <c>mounts</c>.</param>
/// <param name="State"><c>holds</c>, <c>missing</c>, or <c>note</c> for what is good to know and stops nothing.</param>
/// <param name="What">What was seen.</param>
/// <param name="Fix">The command or setting that mends it, or null.</param>
public sealed record WireDiagnosis(string Topic, string State, string What, string? Fix);

/// <summary>What a payload of the caller's would get here and now.</summary>
/// <param name="Ready">True when nothing is missing.</param>
/// <param name="Findings">What was looked at, at most 64.</param>
/// <param name="Levels">Each level, weakest first, probed for this answer (or within the two seconds before).</param>
/// <param name="Survey">The positions; null for somebody who is no pilot.</param>
/// <param name="Job">The caller's batch job, or null.</param>
public sealed record DiagnosedAnswer(
    bool Ready, IReadOnlyList<WireDiagnosis> Findings, IReadOnlyList<WireReadiness> Levels, WireSurvey? Survey, WireBatchJob? Job) : ServiceMessage;
