using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>What is told to outlive its client does, once it has started, up to its wall limit; nobody can have one without such a limit.</summary>
public sealed class DetachTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    private static readonly RoomLimits Minute = RoomLimits.None with { WallMilliseconds = 60_000 };

    [SkippableFact]
    public async Task Neither_the_end_of_its_channel_nor_of_its_client_ends_it()
    {
        NeedsRoot();
        using Play play = NewPlay();
        int payload = await play.RunAsync("trap 'exit 5' USR1; while :; do sleep 0.05; done", limits: Minute, isDetached: true);
        play.Channel!.Dispose();
        Pilot.Kill();
        await Task.Delay(500);
        Assert.True(Proc.IsAlive(payload));
        (await play.SignalAsync(10 /* SIGUSR1 */)).Done();
        ObservedEnding ending = await play.EndingAsync();
        Assert.Equal((EndedHow.Exited, 5, EndingCause.None, true), (ending.How, ending.Value, ending.Cause, ending.IsEmpty));
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Its_wall_limit_ends_it_although_nobody_is_there()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("sleep 60", limits: RoomLimits.None with { WallMilliseconds = 500 }, isDetached: true);
        play.Channel!.Dispose();
        Pilot.Kill();
        Assert.Equal(EndingCause.WallLimit, (await play.EndingAsync()).Cause);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Before_its_start_it_is_its_clients_like_any_other()
    {
        NeedsRoot();
        using Play play = NewPlay();
        using Linux.Descriptor command = Play.Command("/bin/true");
        await play.ReadyAsync(command, limits: Minute, isDetached: true);
        play.Channel!.Dispose();
        await Task.Delay(200); // the channel's end and the word to start come by different ways
        StartedInRoom started = StartedInRoom.Read(new MessageReader((await play.StartAsync()).Done().Body));
        Assert.Equal((0, "client-gone"), (started.Pid, started.Step));
        Assert.Equal(EndedHow.NeverStarted, (await play.EndingAsync()).How);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Without_a_wall_limit_it_is_denied()
    {
        NeedsRoot();
        using Play play = NewPlay();
        using Linux.Descriptor command = Play.Command("/bin/true");
        (await play.BuildAsync()).Done();
        Assert.Equal("detach", (await play.EnterAsync(command, isDetached: true)).Invariant);
        (await play.EnterAsync(command, limits: Minute, isDetached: true)).Done();
        _ = await play.DestroyAsync();
        (await play.ForgetAsync()).Done();
    }
}
