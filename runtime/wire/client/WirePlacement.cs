namespace Isolation.Wire;

/// <summary>The place of a payload among the cgroups.</summary>
/// <param name="Position">The position of its leaf: <c>beside</c>, <c>below</c>, <c>inside</c> or <c>own</c>.</param>
/// <param name="Holds">What holds there: <c>job-limits</c>, <c>job-accounting</c>, <c>own-limits</c>, <c>cgroup-proof</c>.</param>
/// <param name="Lost">What bounds the pilot and not the payload, as policy allows: <c>cpus</c>, <c>memory-nodes</c>, <c>io-limits</c>, <c>devices</c>.</param>
/// <param name="NotEnforced">Limits that are not enforced there, as policy allows, by the names of <c>--limit</c>.</param>
/// <param name="Why">Why no earlier position was taken; null when the first one was.</param>
public sealed record WirePlacement(
    string Position, IReadOnlyList<string> Holds, IReadOnlyList<string> Lost, IReadOnlyList<string> NotEnforced, string? Why);

/// <summary>What policy demands of a payload's place.</summary>
/// <param name="Must">Without these it does not run.</param>
/// <param name="Want">The place with the most of these is taken.</param>
/// <param name="MayLose">What bounds the pilot and may be left behind.</param>
/// <param name="Limits"><c>enforce</c> or <c>best-effort</c>: what becomes of a limit that the place cannot enforce.</param>
public sealed record WireDemand(IReadOnlyList<string> Must, IReadOnlyList<string> Want, IReadOnlyList<string> MayLose, string Limits);
