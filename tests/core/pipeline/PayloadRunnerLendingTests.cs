namespace Isolation.Core.Tests.Pipeline;

/// <summary>Promise: a directory is lent before anybody enters; where it is not, nobody enters and the empty room goes; what was lent is recorded.</summary>
public sealed class PayloadRunnerLendingTests
{
    private static Scene Lending => new() { Decision = Samples.Admit with { Lends = true } };

    [Fact]
    public async Task TheClientNamesItBetweenTheRoomAndTheEntry()
    {
        Scene scene = Lending;
        await scene.RunAsync(Samples.Request() with { LendsCredentials = true });
        Assert.Equal(["build", "lend", "client-names", "lent", "enter"], scene.Journal.SkipWhile(s => s != "build").Take(5));
        AdmittedRecord record = Assert.Single(scene.Admitted);
        Assert.Equal(ByteString.FromText("/lend/own"), record.Loan!.Directory);
        Assert.True(record.LendsCredentials);
    }

    [Fact]
    public async Task WhoLendsNothingIsAskedNothing()
    {
        Scene scene = new();
        await scene.RunAsync(Samples.Request() with { LendsCredentials = true });
        Assert.DoesNotContain("lend", scene.Journal);
        AdmittedRecord record = Assert.Single(scene.Admitted);
        Assert.Null(record.Loan);
        Assert.False(record.LendsCredentials);
    }

    [Fact]
    public async Task WhatMayNotBeLentIsARefusalAndNobodyEnters()
    {
        Scene scene = Lending;
        scene.LoanOutcome = new LoanResult.Refused("it belongs to somebody else", "Lend your own.");
        PayloadResult result = await scene.RunAsync(Samples.Request());
        Assert.Equal(new Ending.Refused("lend", "it belongs to somebody else", "Lend your own."), result.Ending);
        Assert.Equal(["destroy-room", "not-admitted"], scene.Journal.SkipWhile(s => s != "lent").Skip(1).Take(2));
        Assert.DoesNotContain("enter", scene.Journal);
        Assert.Equal("lend", Assert.Single(scene.Refusals).Cause);
    }

    [Fact]
    public async Task AFaultOfTheLendingRemovesTheRoom()
    {
        Scene scene = Lending;
        scene.Faults["lent"] = new SetupException("lend", "the warden went away");
        Assert.IsType<Ending.SetupFailed>((await scene.RunAsync(Samples.Request())).Ending);
        Assert.Contains("destroy-room", scene.Journal);
        Assert.DoesNotContain("enter", scene.Journal);
    }

    [Fact]
    public async Task AClientThatGoesInsteadOfNamingItLeavesNoRoom()
    {
        using CancellationTokenSource gone = new();
        Scene scene = Lending;
        scene.Waits["client-names"] = () => gone.CancelAsync();
        Assert.IsType<Ending.Abandoned>((await scene.RunAsync(Samples.Request(), gone: gone.Token)).Ending);
        Assert.Contains("destroy-room", scene.Journal);
    }
}
