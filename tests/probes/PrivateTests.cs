namespace Isolation.Probes.Tests;

/// <summary>Promise: in a private room no probe of separation breaks, but for the open ones (<see cref="OpenProbes"/>).</summary>
[Collection(PrivateRunTests.Name)]
public sealed class PrivateTests(PrivateRun run)
{
    private const string Held = "held", Broke = "broke", Policy = "differs by policy", None = "not applicable";

    public static TheoryData<string> Ids => [.. ProbeCatalog.All.Select(p => p.Id)];

    [SkippableTheory]
    [MemberData(nameof(Ids))]
    public void NothingElseBreaks(string id) => run.Expect("setuid private", id, OpenProbes.Has(id) ? [Held, Policy, Broke] : [Held, Policy, None]);

    /// <summary>What sets the room apart from classic: these must be refused, not only told.</summary>
    [SkippableTheory]
    [InlineData("A1")]
    [InlineData("A2")]
    [InlineData("A3")]
    [InlineData("A11")]
    [InlineData("B1")]
    [InlineData("B2")]
    [InlineData("B3")]
    [InlineData("B4")]
    [InlineData("B5")]
    [InlineData("C1")]
    [InlineData("C12")]
    [InlineData("D2")]
    [InlineData("E1")]
    [InlineData("E5")]
    [InlineData("E6")]
    [InlineData("G4")]
    [InlineData("G9")]
    [InlineData("G12")]
    public void TheRoomsOwnPromisesHold(string id) => run.Expect("setuid private", id, [Held]);

    [SkippableFact]
    public void ItTakesLessThanAMinute() => Assert.True(run.Elapsed < Isolation.Service.Tests.Until.Deadline(60), $"{run.Elapsed}");
}
