using Isolation.Core.Tests.Pipeline;

namespace Isolation.Core.Tests;

/// <summary>Promise: a level is ready only when its isolator, having tried it on this host, says so.</summary>
public sealed class IsolatorCatalogTests
{
    [Fact]
    public async Task ALevelWithoutAnIsolatorIsNotReadyAndSaysSo()
    {
        var catalog = new IsolatorCatalog([new Scene().Isolator]);
        Assert.Empty(catalog.Readiness);
        await catalog.ProbeAsync(CancellationToken.None);
        Assert.Equal(LevelNames.All, catalog.Readiness.Keys.Order());
        Assert.IsType<Readiness.Ready>(catalog.Readiness[Level.Setuid]);
        var missing = Assert.IsType<Readiness.NotReady>(catalog.Readiness[Level.Vm]);
        Assert.Contains("vm", missing.Cause, StringComparison.Ordinal);
        Assert.NotEmpty(missing.Fix);
    }

    [Fact]
    public void TheIsolatorOfALevelIsFound()
    {
        IIsolator isolator = new Scene().Isolator;
        Assert.Same(isolator, new IsolatorCatalog([isolator])[Level.Setuid]);
    }

    [Fact]
    public void TwoIsolatorsOfOneLevelAreABug()
        => Assert.Throws<ArgumentException>(() => new IsolatorCatalog([new Scene().Isolator, new Scene().Isolator]));
}
