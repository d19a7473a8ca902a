namespace Isolation.Core.Tests.Pipeline;

/// <summary>Promise: the ending that is recorded and told is the one that was; a failure of the sandbox is never told as one of the payload.</summary>
public sealed class PayloadRunnerEndingTests
{
    public static TheoryData<Ending> Endings =>
    [
        new Ending.Exited(0), new Ending.Exited(3), new Ending.Exited(255), new Ending.Signaled(9), new Ending.TimedOut(TimeSpan.FromSeconds(1)),
        new Ending.Abandoned(), new Ending.Lost("cell-init is gone"),
    ];

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task WhatWasSeenIsRecordedAndTold(Ending ending)
    {
        Scene scene = new() { Report = Samples.Ended(ending) };
        Assert.Equal(ending, (await scene.RunAsync()).Ending);
        Assert.Equal(ending, Assert.Single(scene.Endings).Ending);
    }

    [Fact]
    public async Task ASignalThatAnOperatorSentIsToldAsOneFromOutside()
    {
        Scene scene = new() { Report = Samples.Ended(new Ending.Signaled(15)) };
        scene.Waits["ending"] = () =>
        {
            Assert.Single(scene.Running.All).MarkSignalled(new Interference(15, "operator 0"));
            return Task.CompletedTask;
        };
        Assert.Equal(new Ending.KilledFromOutside("signal 15, sent by operator 0"), (await scene.RunAsync()).Ending);
        Assert.IsType<Ending.KilledFromOutside>(Assert.Single(scene.Endings).Ending);
    }

    [Fact]
    public async Task ASignalThatNobodySentIsThePayloadsOwnEvenWhenAnOperatorHadSentAnother()
    {
        Scene scene = new() { Report = Samples.Ended(new Ending.Signaled(11)) };
        scene.Waits["ending"] = () =>
        {
            Assert.Single(scene.Running.All).MarkSignalled(new Interference(10, "operator 0"));
            return Task.CompletedTask;
        };
        Assert.Equal(new Ending.Signaled(11), (await scene.RunAsync()).Ending);
    }

    [Fact]
    public async Task AnExitIsThePayloadsOwnEvenWhenAnOperatorHadSentASignal()
    {
        Scene scene = new() { Report = Samples.Ended(new Ending.Exited(4)) };
        scene.Waits["ending"] = () =>
        {
            Assert.Single(scene.Running.All).MarkSignalled(new Interference(15, "operator 0"));
            return Task.CompletedTask;
        };
        Assert.Equal(new Ending.Exited(4), (await scene.RunAsync()).Ending);
    }

    [Fact]
    public async Task AFailedStepBeforeExecIsTheSandboxsFailure()
    {
        Scene scene = new() { Start = new StartResult.NotStarted("setresuid", 11) };
        PayloadResult result = await scene.RunAsync();
        var failed = Assert.IsType<Ending.SetupFailed>(result.Ending);
        Assert.Equal("setresuid", failed.Step);
        Assert.Contains("11", failed.Cause, StringComparison.Ordinal);
        EndedRecord ended = Assert.Single(scene.Endings);
        Assert.Equal(failed, ended.Ending);
        Assert.IsType<Figure.NotAvailable>(ended.Usage[UsageFigure.Wall]);
        Assert.DoesNotContain("started", scene.Journal);
        Assert.DoesNotContain("ending", scene.Journal);
        AssertUndone(scene);
    }

    [Fact]
    public async Task AFailedExecIsARefusalWithItsFix()
    {
        Scene scene = new() { Start = new StartResult.NotStarted("exec", 8) };
        var refused = Assert.IsType<Ending.Refused>((await scene.RunAsync()).Ending);
        Assert.NotEmpty(refused.Fix);
        Assert.Equal(refused, Assert.Single(scene.Endings).Ending);
        AssertUndone(scene);
    }

    [Fact]
    public async Task AStartThatTheRoomCouldNotTryIsRecordedAsEnded()
    {
        Scene scene = new();
        scene.Faults["start"] = new SetupException("start", "the warden is gone", "a leaf");
        Assert.Equal(new Ending.SetupFailed("start", "the warden is gone", "a leaf"), (await scene.RunAsync()).Ending);
        Assert.Single(scene.Endings);
        AssertUndone(scene);
    }

    [Fact]
    public async Task AnEndingThatCannotBeRecordedIsLostAndItsTicketStays()
    {
        Scene scene = new();
        scene.Faults["end"] = new LedgerException("fdatasync failed.", "Look at the disk.");
        var lost = Assert.IsType<Ending.Lost>((await scene.RunAsync()).Ending);
        Assert.Contains("fdatasync failed", lost.Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain("forget", scene.Journal);
        Assert.Single(scene.Released);
        Assert.Contains("destroy", scene.Journal);
    }

    private static void AssertUndone(Scene scene)
    {
        Assert.Equal(["destroy", "end", "forget", "detach-cell", "detach-room", "release"], scene.Journal.TakeLast(6));
        Assert.Single(scene.Released);
        Assert.Empty(scene.Running.All);
    }
}
