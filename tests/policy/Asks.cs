using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Requests and hosts' readiness that the tests make up.</summary>
internal static class Asks
{
    public static readonly ImmutableDictionary<Level, Readiness> Classic = Ready(Level.Setuid, "classic");

    public static ImmutableDictionary<Level, Readiness> Ready(Level level, params string[] kinds) => LevelNames.All.ToImmutableDictionary(
        l => l, l => l == level ? (Readiness)new Readiness.Ready(kinds) : new Readiness.NotReady($"no isolator for {l.Name()}", "Ask for another level."));

    public static PayloadRequest Of(uint uid = 5000, string? claim = null, Level? level = null, Limits? limits = null, string? job = null) => new(
        PayloadId.New(TimeProvider.System),
        new Pilot(new UserId(uid), new GroupId(uid), new ProcessId(1234), 1, "x", "/", job is null ? JobKey.None : new JobKey(job)),
        level, claim, [ByteString.FromText("/bin/true")], [], null, limits ?? Limits.None, ImmutableSortedDictionary<string, string>.Empty);

    public static Decision Decide(string text, PayloadRequest request, IReadOnlyDictionary<Level, Readiness>? readiness = null)
        => Files.Snapshot(text).Decide(request, readiness ?? Classic);

    public static Decision.Admit Admitted(string rule = "default", string? claim = null)
        => new("everybody", Level.Setuid, "classic", claim is null ? new Identity.PilotItself("pilot") : new Identity.Claimed(claim), rule, Limits.None, PlacementDemand.Default,
            "epoch");
}
