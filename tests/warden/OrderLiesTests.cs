using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>Each operation is allowed in one state of a room only, and only on rooms that the warden built.</summary>
public sealed class OrderLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    [SkippableFact]
    public async Task Start_before_resolve()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        Assert.Equal("state", (await play.StartAsync()).Invariant);
        (await play.EnterAsync(Play.Command("/bin/true"))).Done();
        Assert.Equal("state", (await play.StartAsync()).Invariant);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Start_of_a_command_that_was_not_found()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command("/no/such/program"))).Done();
        play.SendStreams();
        Assert.Equal(ResolutionOutcome.CommandNotUsable, (await play.ResolutionAsync()).Outcome);
        Assert.Equal("state", (await play.StartAsync()).Invariant);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Resolve_before_enter_and_twice()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        Assert.Equal("state", (await play.ResolveAsync()).Invariant);
        (await play.EnterAsync(Play.Command("/bin/true"))).Done();
        play.SendStreams();
        Assert.Equal(ResolutionOutcome.Resolved, (await play.ResolutionAsync()).Outcome);
        Assert.Equal("state", (await play.ResolveAsync()).Invariant);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Enter_twice()
    {
        NeedsRoot();
        using Play play = NewPlay();
        await play.ReadyAsync(Play.Command("/bin/true"));
        Assert.Equal("state", (await play.EnterAsync(Play.Command("/bin/true"), Site.OtherAccountId, Site.OtherAccountId)).Invariant);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Start_twice()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exit 3");
        Assert.Equal("state", (await play.StartAsync()).Invariant);
        Assert.Equal(3, (await play.EndingAsync()).Value);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Twenty_starts_at_once_start_one()
    {
        NeedsRoot();
        using Play play = NewPlay();
        await play.ReadyAsync(Play.Command("/bin/sh", "-c", "echo once"));
        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => play.StartAsync()));
        Assert.Single(replies, r => r.Kind == WardenAnswer.Done);
        Assert.Equal("once\n", await play.Output);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Unknown_cells()
    {
        NeedsRoot();
        using Play play = NewPlay();
        Reply[] replies =
        [
            await play.EnterAsync(Play.Command("/bin/true")), await play.ResolveAsync(), await play.StartAsync(), await play.SignalAsync(9),
            await play.EndingReplyAsync(), await play.DestroyReplyAsync(), await play.ForgetAsync(),
        ];
        Assert.All(replies, r => Assert.Equal("cell", r.Invariant));
    }

    [SkippableFact]
    public async Task A_cell_id_that_is_taken()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        Assert.Equal("cell", (await play.BuildAsync()).Invariant);
        _ = await play.DestroyAsync();
    }

    [SkippableFact]
    public async Task A_cell_id_asked_for_twenty_times_at_once()
    {
        NeedsRoot();
        using Play play = NewPlay();
        Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => play.BuildAsync()));
        Assert.Single(replies, r => r.Kind == WardenAnswer.Done);
        _ = await play.DestroyAsync();
    }

    [SkippableTheory]
    [InlineData(2, "oci", "/etc", "/**")]
    [InlineData(2, "oci", "/etc", "host")]
    [InlineData(2, "oci", "host/..", "host")]
    [InlineData(2, "oci", "/", "")]
    [InlineData(2, "oci", "etc", "")]
    [InlineData(1, "classic", "/etc", "")]
    [InlineData(1, "private", "/", "/**")]
    public async Task An_image_that_the_policy_does_not_name(byte level, string kind, string image, string pattern)
    {
        NeedsRoot();
        Assert.Equal("image", (await Front.AskAsync(WardenOperation.Build, new BuildRoom(Guid.NewGuid(), level, kind, 0, image, pattern).WriteTo, Pilot.PidFd)).Invariant);
    }

    [SkippableTheory]
    [InlineData(0, "classic")]
    [InlineData(2, "classic")]
    [InlineData(255, "classic")]
    [InlineData(1, "secret")]
    [InlineData(1, "")]
    [InlineData(1, "../../etc")]
    public async Task A_level_or_kind_of_room_that_nobody_builds(byte level, string kind)
    {
        NeedsRoot();
        Assert.Equal("level", (await Front.AskAsync(WardenOperation.Build, new BuildRoom(Guid.NewGuid(), level, kind, 0, "", "").WriteTo, Pilot.PidFd)).Invariant);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(65)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public async Task Signals_that_are_none(int signal)
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exec sleep 60");
        Assert.Equal("signal", (await play.SignalAsync(signal)).Invariant);
        await play.CleanUpAsync();
    }

    [SkippableTheory]
    [InlineData(1_000_000_000_000_000_000L)]
    [InlineData(long.MaxValue)]
    [InlineData(0L)]
    [InlineData(long.MinValue)]
    public async Task A_grace_out_of_all_measure_still_removes_everything(long grace)
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("trap '' TERM; touch file; sleep 60");
        WireFinding[] findings = await play.DestroyAsync(grace);
        Assert.All(findings, f => Assert.NotEqual(FindingKind.Found, f.Kind));
        (await play.ForgetAsync()).Done();
    }

    [SkippableFact]
    public async Task Destroying_and_forgetting_many_times_at_once_is_doing_it_once()
    {
        NeedsRoot();
        using Play play = NewPlay();
        using Play other = NewPlay();
        (await other.BuildAsync()).Done();
        _ = await play.RunAsync("exit 0");
        Task<Reply>[] asked = [.. Enumerable.Range(0, 50).Select(i => i % 2 == 0 ? play.DestroyReplyAsync() : play.ForgetAsync())];
        Reply[] replies = await Task.WhenAll(asked);
        Assert.All(replies, r => Assert.NotEqual(WardenAnswer.Failed, r.Kind));
        _ = await play.DestroyReplyAsync();
        _ = await play.ForgetAsync();
        // A descriptor number of the forgotten cell may be the other's by now.
        Assert.True(File.Exists($"{Site.Run}/rooms/{other.Cell:D}/ticket"));
        _ = await other.DestroyAsync();
    }

    [SkippableFact]
    public async Task Forget_of_a_payload_that_runs()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exec sleep 60");
        Assert.Equal("state", (await play.ForgetAsync()).Invariant);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Stop_with_rooms_living()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        Assert.Equal("stop", (await Front.AskAsync(WardenOperation.Stop)).Invariant);
        _ = await play.DestroyAsync();
    }

    [SkippableFact]
    public async Task A_thousand_operations_at_once_on_one_cell()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exec sleep 60");
        Task<ObservedEnding>[] endings = [.. Enumerable.Range(0, 500).Select(_ => play.EndingAsync())];
        Reply[] signals = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => play.SignalAsync(18)));
        Assert.All(signals, s => Assert.Equal(WardenAnswer.Done, s.Kind));
        (await play.SignalAsync(9)).Done();
        Assert.All(await Task.WhenAll(endings), e => Assert.Equal(EndedHow.Signaled, e.How));
        await play.CleanUpAsync();
    }

    // Its cell-init goes as soon as the ending is kept, and answers nobody after that: a signal that finds it gone finds nobody, which is no failure.
    [SkippableFact]
    public async Task A_payload_that_is_over_before_its_cell_init_reads_the_signal()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exec sleep 60");
        using PidFd cellInit = PidFd.TryOpen(Assert.Single(Site.CellInits()), out _)!;
        cellInit.Signal(19);
        Task<Reply> signalled = play.SignalAsync(18);
        await Task.Delay(50); // for it to be sent
        cellInit.Signal(9);
        Assert.Equal((byte)SignalResult.NobodyThere, (await signalled).Done().Body[0]);
        Assert.Equal(EndedHow.Unknown, (await play.EndingAsync()).How);
        _ = await play.DestroyAsync();
        (await play.ForgetAsync()).Done();
    }
}
