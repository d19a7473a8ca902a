namespace Isolation.Core.Tests.Pipeline;

/// <summary>Promise: whatever fails, the cell is destroyed, the lease released exactly once, and nothing that was not admitted is started.</summary>
public sealed class PayloadRunnerFailureTests
{
    [Fact]
    public async Task ARefusalIsToldWithRuleAndFixAndRecordedAndNothingIsLent()
    {
        Scene scene = new() { Decision = new Decision.Refuse("no-such-pilot", "uid 7 is no pilot", "Ask the site.") };
        PayloadResult result = await scene.RunAsync();
        Assert.Equal(new Ending.Refused("no-such-pilot", "uid 7 is no pilot", "Ask the site."), result.Ending);
        Assert.Null(result.Usage);
        Assert.Equal(["decide", "not-admitted"], scene.Journal);
        Assert.Equal("no-such-pilot", Assert.Single(scene.Refusals).Cause);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UnavailableCarriesTheSitesAnswer(bool pilotMayRun)
    {
        Scene scene = new() { Decision = new Decision.Unavailable("not ready", "Wait.", pilotMayRun) };
        Assert.Equal(new Ending.Unavailable("not ready", "Wait.", pilotMayRun), (await scene.RunAsync()).Ending);
        Assert.Equal(["decide", "not-admitted"], scene.Journal);
    }

    [Fact]
    public async Task WithoutAFreeAccountNothingIsBuilt()
    {
        Scene scene = new() { Loan = new LeaseResult.Exhausted("all 3 lent", "Widen the range."), PilotMayRunAnswer = true };
        Assert.Equal(new Ending.Unavailable("all 3 lent", "Widen the range.", true), (await scene.RunAsync()).Ending);
        Assert.Equal(["accounts-exhausted"], scene.CausesAsked);
        Assert.Equal(["decide", "take", "not-admitted"], scene.Journal);
        Assert.Empty(scene.Released);
    }

    [Theory]
    [InlineData("build", "decide take build not-admitted release")]
    [InlineData("enter", "decide take build enter detach-room not-admitted release")]
    public async Task AFailedStepOfTheRoomIsToldAndTheLeaseGoesBackClean(string step, string journal)
    {
        Scene scene = new();
        scene.Faults[step] = new SetupException("cgroup", "mkdir: no space", "a directory");
        Assert.Equal(new Ending.SetupFailed("cgroup", "mkdir: no space", "a directory"), (await scene.RunAsync()).Ending);
        Assert.Equal(journal.Split(' '), scene.Journal);
        Assert.Equal("setup: cgroup", Assert.Single(scene.Refusals).Cause);
        Assert.False(Assert.Single(scene.Released).Residue.IsDirty);
    }

    public static TheoryData<Resolution, Type, string> Resolutions => new()
    {
        { new Resolution.NotUsable("command", "No such file", "Name another."), typeof(Ending.Refused), "command" },
        { new Resolution.NotUsable("workdir", "Permission denied", "Name another."), typeof(Ending.Refused), "workdir" },
        { new Resolution.StreamRefused(1, "a directory"), typeof(Ending.Refused), "streams" },
        { new Resolution.TimedOut("streams"), typeof(Ending.SetupFailed), "setup: resolve" },
        { new Resolution.ClientGone(), typeof(Ending.Abandoned), "abandoned" },
    };

    [Theory]
    [MemberData(nameof(Resolutions))]
    public async Task WhatIsNotResolvedIsNeverAdmittedAndItsCellGoes(Resolution resolution, Type ending, string cause)
    {
        Scene scene = new() { Resolution = resolution, Residue = Samples.Clean with { Scratch = new Finding.Found("a file") } };
        Assert.IsType(ending, (await scene.RunAsync()).Ending);
        Assert.Equal(cause, Assert.Single(scene.Refusals).Cause);
        AssertNeverStarted(scene, "resolve");
        Assert.True(Assert.Single(scene.Released).Residue.IsDirty);
    }

    [Fact]
    public async Task AClientThatGoesBeforeItsStreamsAreThereLeavesNothing()
    {
        using CancellationTokenSource gone = new();
        Scene scene = new();
        scene.Waits["resolve"] = () => gone.CancelAsync();
        Assert.Equal(new Ending.Abandoned(), (await scene.RunAsync(gone: gone.Token)).Ending);
        AssertNeverStarted(scene, "resolve");
    }

    [Theory]
    [InlineData("build")]
    [InlineData("enter")]
    public async Task AClientThatGoesWhileItsRoomIsMadeGivesTheAccountBack(string step)
    {
        using CancellationTokenSource gone = new();
        Scene scene = new();
        scene.Waits[step] = () => gone.CancelAsync();
        Assert.Equal(new Ending.Abandoned(), (await scene.RunAsync(gone: gone.Token)).Ending);
        Assert.Equal("abandoned", Assert.Single(scene.Refusals).Cause);
        Assert.Single(scene.Released);
        Assert.DoesNotContain("start", scene.Journal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WithoutADurableRecordNothingIsStarted(bool pilotMayRun)
    {
        Scene scene = new() { PilotMayRunAnswer = pilotMayRun };
        scene.Faults["admit"] = new LedgerException("no space left.", "Free some.");
        Assert.Equal(new Ending.Unavailable("no space left.", "Free some.", pilotMayRun), (await scene.RunAsync()).Ending);
        Assert.Equal(["ledger-unavailable"], scene.CausesAsked);
        AssertNeverStarted(scene, "admit");
    }

    [Fact]
    public async Task ARoomThatFailsWhileResolvingIsDestroyed()
    {
        Scene scene = new();
        scene.Faults["resolve"] = new SetupException("resolve", "cell-init is gone");
        Assert.IsType<Ending.SetupFailed>((await scene.RunAsync()).Ending);
        AssertNeverStarted(scene, "resolve");
    }

    public static TheoryData<string> AfterEntering => ["client-entered", "resolve", "admit", "start", "client-started", "end"];

    [Theory]
    [MemberData(nameof(AfterEntering))]
    public async Task ABugAfterTheEntryStillDestroysTheCellAndNeverFreesItsAccountAsClean(string step)
    {
        Scene scene = new();
        scene.Faults[step] = new InvalidCastException("a bug of ours");
        await Assert.ThrowsAsync<InvalidCastException>(() => scene.RunAsync());
        Assert.Contains("destroy", scene.Journal);
        Assert.True(Assert.Single(scene.Released).Residue.IsDirty);
        Assert.DoesNotContain("forget", scene.Journal);
        Assert.Empty(scene.Running.All);
    }

    [Fact]
    public async Task ACellThatCannotBeDestroyedKeepsItsAccountOutOfUseAndItsEndingIsRecorded()
    {
        Scene scene = new();
        scene.Faults["destroy"] = new SetupException("destroy", "the warden is gone");
        Assert.Equal(new Ending.Exited(0), (await scene.RunAsync()).Ending);
        Assert.True(Assert.Single(scene.Endings).Residue.IsDirty);
        Assert.True(Assert.Single(scene.Released).Residue.IsDirty);
    }

    [Fact]
    public async Task ATicketThatCannotBeRemovedDoesNotChangeTheEnding()
    {
        Scene scene = new();
        scene.Faults["forget"] = new SetupException("forget", "the warden is gone");
        Assert.Equal(new Ending.Exited(0), (await scene.RunAsync()).Ending);
        Assert.Single(scene.Endings);
        Assert.Empty(scene.Refusals);
        Assert.False(Assert.Single(scene.Released).Residue.IsDirty);
    }

    private static void AssertNeverStarted(Scene scene, string last)
    {
        int at = scene.Journal.ToList().IndexOf(last);
        Assert.Equal(["destroy", "forget", "not-admitted", "detach-cell", "detach-room", "release"], scene.Journal.Skip(at + 1));
        Assert.Single(scene.Released);
        Assert.Empty(scene.Endings);
        Assert.Empty(scene.Running.All);
    }
}
