namespace Isolation.Core.Tests.Pipeline;

/// <summary>Promise: the steps of a payload come in one order; nothing starts before its record is durable, and no ticket goes before its ending is.</summary>
public sealed class PayloadRunnerOrderTests
{
    private static readonly string[] Whole =
    [
        "decide", "take", "build", "enter", "take-pilot-end", "client-entered", "resolve", "admit", "start", "started", "client-started",
        "ending", "destroy", "end", "forget", "detach-cell", "detach-room", "release",
    ];

    [Fact]
    public async Task AGoodRunTakesEveryStepOnceInOrder()
    {
        Scene scene = new();
        PayloadResult result = await scene.RunAsync();
        Assert.Equal(new Ending.Exited(0), result.Ending);
        Assert.Equal(Samples.Usage, result.Usage);
        Assert.Equal(Samples.Clean, result.Residue);
        Assert.Equal(Whole, scene.Journal);
        Assert.Empty(scene.Running.All);
    }

    [Fact]
    public async Task NothingStartsWhileTheRecordIsNotDurable()
    {
        TaskCompletionSource durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Scene scene = new();
        scene.Waits["admit"] = () => durable.Task;
        Task<PayloadResult> run = scene.RunAsync();
        Assert.Equal("admit", scene.Journal[^1]);
        Assert.False(run.IsCompleted);
        durable.SetResult();
        await run;
        Assert.Equal(Whole, scene.Journal);
    }

    [Fact]
    public async Task TheTicketStaysAndNobodyIsToldUntilTheEndingIsDurable()
    {
        TaskCompletionSource durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Scene scene = new();
        scene.Waits["end"] = () => durable.Task;
        Task<PayloadResult> run = scene.RunAsync();
        Assert.Equal("end", scene.Journal[^1]);
        Assert.False(run.IsCompleted);
        Assert.Single(scene.Running.All);
        durable.SetResult();
        await run;
        Assert.Equal(Whole, scene.Journal);
    }

    [Fact]
    public async Task TheRecordsHoldWhatWasDecidedFoundAndSeen()
    {
        Scene scene = new() { Report = Samples.Ended(new Ending.Signaled(11)) };
        PayloadRequest request = Samples.Request();
        string? handle = null;
        scene.Waits["client-started"] = () =>
        {
            handle = scene.Running.Find(request.Id)?.HandleDigest;
            return Task.CompletedTask;
        };
        await scene.RunAsync(request: request);

        AdmittedRecord admitted = Assert.Single(scene.Admitted);
        Assert.Equal(request.Id, admitted.Payload);
        Assert.Equal(request.Pilot, admitted.Pilot);
        Assert.Equal(Samples.Admit, admitted.Decision);
        Assert.Equal(request.Id, admitted.Lease.Payload);
        Assert.Equal("/isolation/cell", admitted.Site.Cgroup);
        Assert.Equal(handle, admitted.HandleDigest);
        EndedRecord ended = Assert.Single(scene.Endings);
        Assert.Equal(new EndedRecord(request.Id, request.Pilot.Uid, new Ending.Signaled(11), "cell-init", Samples.Usage, Samples.Clean), ended);
    }

    [Fact]
    public async Task TheClientsGoingDoesNotCancelTheWaitForTheRealEnding()
    {
        using CancellationTokenSource gone = new();
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Scene scene = new() { Report = Samples.Ended(new Ending.Abandoned()) };
        scene.Waits["ending"] = () => over.Task;
        Task<PayloadResult> run = scene.RunAsync(gone: gone.Token);
        await gone.CancelAsync();
        Assert.Equal("ending", scene.Journal[^1]);
        over.SetResult();
        Assert.Equal(new Ending.Abandoned(), (await run).Ending);
        Assert.Equal(Whole, scene.Journal);
    }

    [Fact]
    public async Task TheLeaseGoesBackWithTheResidueThatWasFound()
    {
        Residue dirty = Samples.Clean with { Files = new Finding.Found("/tmp/left") };
        Scene scene = new() { Residue = dirty };
        PayloadResult result = await scene.RunAsync();
        Assert.Equal(dirty, result.Residue);
        Assert.Equal(dirty, Assert.Single(scene.Endings).Residue);
        Assert.Equal(dirty, Assert.Single(scene.Released).Residue);
    }
}
