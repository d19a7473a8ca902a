namespace Isolation.Core.Tests.Pipeline;

/// <summary>Promise: a payload is set up in its pilot's turn; the turn is given back however the setup ends, and is never held while a client is waited for.</summary>
public sealed class PayloadRunnerTurnTests
{
    private static readonly SetupException Fault = new("build", "no room");

    [Theory]
    [InlineData("take")]
    [InlineData("build")]
    [InlineData("enter")]
    public async Task TheTurnIsHeldFromTheLeaseToTheEntry(string during)
    {
        Scene scene = new();
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Waits[during] = () => goOn.Task;
        Task<PayloadResult> one = scene.RunAsync();
        Task<PayloadResult> two = scene.RunAsync();
        Assert.Equal(1, scene.Turns.Waiting);
        Assert.Single(scene.Journal, s => s == "take"); // who waits has no account yet
        scene.Waits.Remove(during);
        goOn.SetResult();
        Assert.Equal([new Ending.Exited(0), new Ending.Exited(0)], (await Task.WhenAll(one, two)).Select(r => r.Ending));
    }

    [Theory]
    [InlineData("client-names")]
    [InlineData("lent")]
    [InlineData("client-entered")]
    [InlineData("resolve")]
    [InlineData("admit")]
    [InlineData("start")]
    [InlineData("ending")]
    [InlineData("destroy")]
    [InlineData("end")]
    public async Task WhoeverIsSlowHereHasNoTurn(string during)
    {
        Scene scene = new() { Decision = Samples.Admit with { Lends = true } };
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Waits[during] = () => goOn.Task;
        Task<PayloadResult> slow = scene.RunAsync();
        scene.Waits.Remove(during);
        Assert.Equal(new Ending.Exited(0), (await scene.RunAsync().WaitAsync(TimeSpan.FromSeconds(10))).Ending);
        Assert.False(slow.IsCompleted);
        goOn.SetResult();
        Assert.Equal(new Ending.Exited(0), (await slow).Ending);
    }

    [Theory]
    [InlineData("take")]
    [InlineData("build")]
    [InlineData("lend")]
    [InlineData("client-names")]
    [InlineData("lent")]
    [InlineData("enter")]
    [InlineData("detach-room")]
    public async Task ASetupThatFailsLosesNoTurn(string at)
    {
        Scene scene = new() { Decision = Samples.Admit with { Lends = true } };
        scene.Faults[at] = at is "take" or "detach-room" ? new InvalidOperationException("a bug") : Fault;
        Assert.NotNull(await Record.ExceptionAsync(async () => Assert.IsType<Ending.Exited>((await scene.RunAsync()).Ending)));
        scene.Faults.Clear();
        Assert.Equal(new Ending.Exited(0), (await scene.RunAsync().WaitAsync(TimeSpan.FromSeconds(10))).Ending);
    }

    [Fact]
    public async Task WhatCannotBeLentOrLeasedOrPlacedLosesNoTurnEither()
    {
        Scene scene = new() { Decision = Samples.Admit with { Lends = true }, LoanOutcome = new LoanResult.Refused("w", "f") };
        Assert.IsType<Ending.Refused>((await scene.RunAsync()).Ending);
        scene.LoanOutcome = new LoanResult.Lent(new Loan(ByteString.FromText("/lend/own"), 1, 2));
        scene.Loan = new LeaseResult.Exhausted("all are lent", "wait");
        Assert.IsType<Ending.Unavailable>((await scene.RunAsync()).Ending);
        scene.Loan = null;
        Assert.Equal(new Ending.Exited(0), (await scene.RunAsync().WaitAsync(TimeSpan.FromSeconds(10))).Ending);
    }

    [Fact]
    public async Task PastTheBoundItIsBusyAndSaysWhenToComeAgain()
    {
        Scene scene = new();
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Waits["build"] = () => goOn.Task;
        Task<PayloadResult>[] accepted = [scene.RunAsync(), scene.RunAsync()];
        PayloadResult third = await scene.RunAsync();
        var busy = Assert.IsType<Ending.Busy>(third.Ending);
        Assert.Contains("uid 3001", busy.Cause, StringComparison.Ordinal);
        Assert.InRange(busy.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        NotAdmitted refusal = Assert.Single(scene.Refusals);
        Assert.Equal(("queue-full", third.Payload), (refusal.Cause, refusal.Payload));
        goOn.SetResult();
        Assert.All(await Task.WhenAll(accepted), r => Assert.Equal(new Ending.Exited(0), r.Ending));
    }

    [Fact]
    public async Task AClientThatGoesWhileItWaitsIsAbandonedAndNothingWasDoneForIt()
    {
        using CancellationTokenSource gone = new();
        Scene scene = new();
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Waits["build"] = () => goOn.Task;
        Task<PayloadResult> first = scene.RunAsync(), waits = scene.RunAsync(gone: gone.Token);
        await gone.CancelAsync();
        Assert.Equal(new Ending.Abandoned(), (await waits.WaitAsync(TimeSpan.FromSeconds(10))).Ending);
        Assert.Equal("abandoned", Assert.Single(scene.Refusals).Cause);
        Assert.Equal(0, scene.Turns.Waiting);
        goOn.SetResult();
        await first;
        Assert.Single(scene.Journal, s => s == "take");
    }

    [Fact]
    public async Task AClientThatHasLentAndGoesWhileItWaitsAgainLeavesNoRoom()
    {
        using CancellationTokenSource gone = new();
        Scene scene = new() { Decision = Samples.Admit with { Lends = true } };
        TaskCompletionSource named = new(TaskCreationOptions.RunContinuationsAsynchronously), goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Waits["client-names"] = () => named.Task;
        Task<PayloadResult> lends = scene.RunAsync(gone: gone.Token);
        scene.Waits["build"] = () => goOn.Task;
        Task<PayloadResult> other = scene.RunAsync();
        named.SetResult();
        Assert.True(SpinWait.SpinUntil(() => scene.Turns.Waiting == 1, TimeSpan.FromSeconds(10)));
        await gone.CancelAsync();
        Assert.Equal(new Ending.Abandoned(), (await lends.WaitAsync(TimeSpan.FromSeconds(10))).Ending);
        Assert.Contains("destroy-room", scene.Journal);
        Assert.DoesNotContain("enter", scene.Journal);
        scene.Waits.Clear();
        goOn.SetResult();
        Assert.Equal(new Ending.Exited(0), (await other).Ending);
    }
}
