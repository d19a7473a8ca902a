namespace Isolation.Core.Tests.Pipeline;

/// <summary>Promise: a payload that an earlier run admitted is seen to its end like any other: removed, recorded, its account given back, and told to whoever waits.</summary>
public sealed class PayloadRunnerResumeTests
{
    private readonly Scene _scene = new();

    [Fact]
    public async Task It_is_waited_for_destroyed_recorded_and_given_back_in_this_order()
    {
        RunningPayload payload = await ResumeAsync();
        Assert.Equal(["ending", "destroy", "end", "forget", "release"], _scene.Journal.Where(call => call is not "take-pilot-end"));
        Assert.Equal(new Ending.Exited(0), Assert.Single(_scene.Endings).Ending);
        Assert.Equal(new Ending.Exited(0), (await payload.Over).Ending);
        Assert.Empty(_scene.Running.All);
        OverPayload over = _scene.Running.FindOver(payload.Request.Id)!;
        Assert.True(over.BelongsTo(payload.Request.Pilot, Secret.Value));
        Assert.False(over.BelongsTo(payload.Request.Pilot, Handle.New().Value));
        Assert.False(over.BelongsTo(payload.Request.Pilot with { Uid = new UserId(4) }, Secret.Value));
    }

    [Fact]
    public async Task It_is_there_before_anything_is_waited_for()
    {
        TaskCompletionSource ends = new();
        _scene.Waits["ending"] = () => ends.Task;
        Task<RunningPayload> resumed = ResumeAsync();
        Assert.Single(_scene.Running.All);
        ends.SetResult();
        _ = await resumed;
    }

    [Fact]
    public async Task What_was_left_keeps_its_account()
    {
        _scene.Residue = Residue.None with { Processes = new Finding.Found("one") };
        _ = await ResumeAsync();
        Assert.True(Assert.Single(_scene.Released).Residue.IsDirty);
    }

    [Fact]
    public async Task Where_its_end_cannot_be_recorded_it_is_told_so_and_the_ticket_stays()
    {
        _scene.Faults["end"] = new LedgerException("the disk is full.", "Make space.");
        RunningPayload payload = await ResumeAsync();
        Assert.IsType<Ending.Lost>((await payload.Over).Ending);
        Assert.DoesNotContain("forget", _scene.Journal);
    }

    [Fact]
    public void Of_too_many_that_are_over_the_oldest_are_forgotten()
    {
        RunningPayloads running = new();
        OverPayload[] all = [.. Enumerable.Range(0, RunningPayloads.MostOver + 10).Select(_ => Over())];
        Array.ForEach(all, running.Keep);
        Assert.All(all[..10], over => Assert.Null(running.FindOver(over.Id)));
        Assert.All(all[10..], over => Assert.Same(over, running.FindOver(over.Id)));

        static OverPayload Over()
        {
            PayloadId id = PayloadId.New(TimeProvider.System);
            return new OverPayload(id, new UserId(1), JobKey.None, "", new PayloadResult(id, new Ending.Exited(0), null, null));
        }
    }

    private static readonly Handle Secret = Handle.New();

    private async Task<RunningPayload> ResumeAsync()
    {
        PayloadRequest request = Samples.Request();
        var admitted = new AdmittedRecord(
            request.Id, request.Pilot, Samples.Admit, Samples.Lease with { Payload = request.Id }, new FakeCell(_scene).Site, Secret.Digest(), request.Command,
            new ResolvedCommand(ByteString.FromText("/bin/true"), null, null), null, request.Tags);
        var payload = new RunningPayload(admitted, new FakeCell(_scene), DateTimeOffset.UnixEpoch, new ProcessId(7));
        await new PayloadRunner(() => _scene, _scene, new IsolatorCatalog([_scene.Isolator]), _scene, _scene.Running, _scene.Turns, TimeProvider.System).ResumeAsync(payload, new LedgerReceipt(request.Id, 1));
        return payload;
    }
}
