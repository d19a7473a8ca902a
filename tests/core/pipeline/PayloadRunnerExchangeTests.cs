namespace Isolation.Core.Tests.Pipeline;

/// <summary>Promise: files are fetched after the ending and before the cell goes, from under nobody, for nobody who is gone; what passed is recorded.</summary>
public sealed class PayloadRunnerExchangeTests
{
    private static PayloadRequest Request => Samples.Request() with { Exchange = Samples.Exchange };

    [Fact]
    public async Task FilesAreFetchedBetweenTheEndingAndTheEndOfTheCell()
    {
        Scene scene = new();
        PayloadResult result = await scene.RunAsync(Request);
        Assert.Equal(["ending", "begin-collection", "collect", "destroy", "end"], scene.Journal.SkipWhile(s => s != "ending").Take(5));
        Assert.Equal(Samples.Exchange.Out, Assert.Single(scene.Admitted).Exchange.Out);
        Assert.Equal(7, Assert.Single(Assert.IsType<Collection.Told>(Assert.Single(scene.Endings).Collection).Files).Bytes);
        Assert.IsType<Collection.Told>(result.Collection);
    }

    [Fact]
    public async Task WhoWantsNothingIsAskedNothing()
    {
        Scene scene = new();
        Assert.Null((await scene.RunAsync(Samples.Request() with { Exchange = Samples.Exchange with { Out = [] } })).Collection);
        Assert.DoesNotContain("collect", scene.Journal);
    }

    [Fact]
    public async Task NothingIsFetchedForAClientThatIsGone()
    {
        Scene scene = new() { Report = Samples.Ended(new Ending.Abandoned()) };
        Assert.IsType<Collection.Skipped>((await scene.RunAsync(Request)).Collection);
        Assert.DoesNotContain("collect", scene.Journal);
        Assert.Contains("destroy", scene.Journal);
    }

    [Fact]
    public async Task AClientThatGoesWhileItFetchesHoldsUpNothing()
    {
        using CancellationTokenSource gone = new();
        Scene scene = new();
        scene.Waits["collect"] = () => gone.CancelAsync();
        Assert.Equal(new Ending.Exited(0), (await scene.RunAsync(Request, gone: gone.Token)).Ending);
        Assert.IsType<Collection.Skipped>(Assert.Single(scene.Endings).Collection);
        Assert.Contains("destroy", scene.Journal);
    }

    [Fact]
    public async Task NothingIsFetchedFromUnderProcessesThatMayStillBeThere()
    {
        Scene scene = new() { Report = Samples.Ended(new Ending.Exited(0)) with { Emptiness = new Finding.NotProvable("suspended") } };
        Assert.IsType<Collection.Skipped>((await scene.RunAsync(Request)).Collection);
        Assert.DoesNotContain("collect", scene.Journal);
    }

    [Fact]
    public async Task ARoomThatCannotCopyAnyMoreChangesNoEnding()
    {
        Scene scene = new();
        scene.Faults["begin-collection"] = new SetupException("collect", "no process could be started");
        PayloadResult result = await scene.RunAsync(Request);
        Assert.Equal(new Ending.Exited(0), result.Ending);
        Assert.Contains("no process", Assert.IsType<Collection.Skipped>(result.Collection).Why, StringComparison.Ordinal);
    }
}
