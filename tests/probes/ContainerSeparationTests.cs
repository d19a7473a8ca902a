using Isolation.Service.Tests;

namespace Isolation.Probes.Tests;

/// <summary>Promise: in a container no probe of separation breaks, but for the open ones (<see cref="OpenProbes"/>).</summary>
[Collection(ContainerRunTests.Name)]
public sealed class ContainerSeparationTests(ContainerRun run)
{
    private const string Held = "held", Broke = "broke", Policy = "differs by policy", None = "not applicable";

    public static TheoryData<string> Ids => [.. ProbeCatalog.All.Select(p => p.Id)];

    [SkippableTheory]
    [MemberData(nameof(Ids))]
    public void NothingElseBreaks(string id)
    {
        Site.RequireContainers();
        run.Expect("container oci", id, OpenProbes.Has(id) ? [Held, Policy, Broke] : [Held, Policy, None]);
    }

    /// <summary>What sets a container apart: these must be refused, not only told.</summary>
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
    [InlineData("D3")]
    [InlineData("D7")]
    [InlineData("E1")]
    [InlineData("E5")]
    [InlineData("E6")]
    [InlineData("G4")]
    [InlineData("G5")]
    [InlineData("G9")]
    [InlineData("G12")]
    public void ItsOwnPromisesHold(string id)
    {
        Site.RequireContainers();
        run.Expect("container oci", id, [Held]);
    }
}
