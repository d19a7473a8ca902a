using System.Text.Json;

namespace Isolation.Probes.Tests;

/// <summary>Promise: every probe succeeds where nothing separates; one that cannot succeed would prove nothing.</summary>
[Collection(ClassicRunTests.Name)]
public sealed class SelfTestTests(ClassicRun run)
{
    /// <summary>What needs something of the host: a graphics processor, two threads a core, an engine's socket, /dev/fuse.</summary>
    private static readonly string[] MayBeMissing = ["B10", "B16", "C3", "E3", "E14"];

    public static TheoryData<string> Ids => [.. ProbeCatalog.All.Select(p => p.Id)];

    [SkippableTheory]
    [MemberData(nameof(Ids))]
    public void EachSucceedsWithoutSeparation(string id)
    {
        JsonElement probe = run.Probe(id);
        string state = probe.GetProperty("selfTest").GetString()!;
        if (ProbeCatalog.Find(id).NoSelfTest is not null)
            Assert.Equal("none", state);
        else
            Assert.True(state == "green" || (state == "not here" && MayBeMissing.Contains(id)), $"{id} is {state}: {probe.GetProperty("unseparated")}");
    }

    [Fact]
    public void OnlyOneProbeHasNoSelfTestAndSaysWhy()
        => Assert.Equal("F12", Assert.Single(ProbeCatalog.All, p => p.NoSelfTest is not null).Id);
}
