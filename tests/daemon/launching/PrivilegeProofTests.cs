namespace Isolation.Daemon.Tests;

/// <summary>Promise: the service refuses to run while any thread of it holds any privilege.</summary>
public sealed class PrivilegeProofTests
{
    private const string Clean = "Name:\tx\nUid:\t990\t990\t990\t990\nGid:\t980\t980\t980\t980\nNoNewPrivs:\t1\n"
        + "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n";

    [Fact]
    public void NoPrivilegeIsNoFault() => Assert.Null(PrivilegeProof.Fault(Clean, isLaunched: true));

    [Theory]
    [InlineData("990\t990\t990\t990", "990\t990\t0\t990", "Uid")]
    [InlineData("980\t980\t980\t980", "0\t980\t980\t980", "Gid")]
    [InlineData("CapInh:\t0000000000000000", "CapInh:\t0000000000000001", "CapInh")]
    [InlineData("CapPrm:\t0000000000000000", "CapPrm:\t0000000000000020", "CapPrm")]
    [InlineData("CapEff:\t0000000000000000", "CapEff:\t8000000000000000", "CapEff")]
    [InlineData("CapBnd:\t0000000000000000", "CapBnd:\t000001ffffffffff", "CapBnd")]
    [InlineData("CapAmb:\t0000000000000000", "CapAmb:\t0000000000000001", "CapAmb")]
    [InlineData("NoNewPrivs:\t1", "NoNewPrivs:\t0", "NoNewPrivs")]
    [InlineData("CapEff:\t0000000000000000\n", "", "CapEff")]
    public void EveryPrivilegeIsAFault(string clean, string dirty, string named)
        => Assert.StartsWith(named, PrivilegeProof.Fault(Clean.Replace(clean, dirty, StringComparison.Ordinal), isLaunched: true), StringComparison.Ordinal);
}
