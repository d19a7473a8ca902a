namespace Isolation.Linux.Tests;

/// <summary>Promise: there is a ruleset where, and only where, the kernel's version of Landlock has scopes.</summary>
public sealed class LandlockTests
{
    [Fact]
    public void ThereIsARulesetWhereTheKernelHasScopes()
    {
        using Descriptor? ruleset = Landlock.ScopedRuleset();
        Assert.Equal(Landlock.Version >= 6, ruleset is not null);
        if (ruleset is not null)
            Assert.Equal("anon_inode:[landlock-ruleset]", File.ResolveLinkTarget($"/proc/self/fd/{ruleset.Number}", returnFinalTarget: false)!.Name);
    }
}
