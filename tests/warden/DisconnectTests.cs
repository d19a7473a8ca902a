using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>When a front goes, what it had not started goes too; what runs, runs on, and its ticket keeps the ending.</summary>
public sealed class DisconnectTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    [SkippableFact]
    public async Task After_build()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        await LeaveAsync();
    }

    [SkippableFact]
    public async Task While_twenty_rooms_are_being_built()
    {
        NeedsRoot();
        Play[] plays = [.. Enumerable.Range(0, 20).Select(_ => NewPlay())];
        Array.ForEach(plays, play => _ = play.BuildAsync().ContinueWith(t => t.Exception, TaskScheduler.Default));
        await LeaveAsync();
        Array.ForEach(plays, play => play.Dispose());
    }

    [SkippableFact]
    public async Task After_enter()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command("/bin/true"))).Done();
        await LeaveAsync();
    }

    [SkippableFact]
    public async Task While_a_room_is_being_entered()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        _ = play.EnterAsync(Play.Command("/bin/true")).ContinueWith(t => t.Exception, TaskScheduler.Default);
        await LeaveAsync();
    }

    [SkippableFact]
    public async Task While_the_streams_are_waited_for()
    {
        NeedsRoot();
        Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command("/bin/true"))).Done();
        _ = play.ResolveAsync().ContinueWith(t => t.Exception, TaskScheduler.Default);
        play.Dispose(); // the client's end went through this front
        await LeaveAsync();
    }

    [SkippableFact]
    public async Task After_resolve()
    {
        NeedsRoot();
        using Play play = NewPlay();
        await play.ReadyAsync(Play.Command("/bin/true"));
        await LeaveAsync();
    }

    [SkippableFact]
    public async Task While_a_payload_starts_it_either_never_ran_or_its_ticket_is_there()
    {
        NeedsRoot();
        for (int i = 0; i < 10; i++)
        {
            using Front front = await Front.GreetedAsync(Site);
            using Play play = new(front, Pilot);
            string mark = $"{Site.Marks}/{play.Cell}";
            await play.ReadyAsync(Play.Command("/bin/sh", "-c", $"touch {mark}"));
            _ = play.StartAsync().ContinueWith(t => t.Exception, TaskScheduler.Default);
            front.Dispose();
            Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => Site.Scratches().Length == 0));
            if (!File.Exists(mark))
                continue;
            Assert.Contains("exited", Site.Ticket(play.Cell), StringComparison.Ordinal);
            Keeps(play.Cell);
        }
    }

    [SkippableFact]
    public async Task While_it_runs_it_runs_on_and_the_ticket_keeps_its_ending()
    {
        NeedsRoot();
        using Play play = NewPlay();
        int pid = await play.RunAsync($"sleep 0.5; touch {Site.Marks}/{play.Cell}; exit 9");
        Front.Dispose();
        Assert.True(Proc.IsAlive(pid));
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => Site.Scratches().Length == 0 && Site.CellInits().Length == 0 && Site.Leaves().Length == 0));
        Assert.True(File.Exists($"{Site.Marks}/{play.Cell}"));
        string ticket = Site.Ticket(play.Cell);
        Assert.Contains("\"how\": \"exited\"", ticket, StringComparison.Ordinal);
        Assert.Contains("\"value\": 9", ticket, StringComparison.Ordinal);
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode($"{Site.Run}/rooms/{play.Cell:D}/ticket"));
        Assert.Contains(new ListedRoom(play.Cell, RoomState.Ended), await Shared.ListAsync());
        Keeps(play.Cell);
    }

    [SkippableFact]
    public async Task After_it_has_ended()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exit 0");
        _ = await play.EndingAsync();
        Front.Dispose();
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => Site.Scratches().Length == 0 && Site.CellInits().Length == 0));
        Assert.Contains("exited", Site.Ticket(play.Cell), StringComparison.Ordinal);
        Keeps(play.Cell);
    }

    // The rest is asserted after every test: nothing is left.
    private async Task LeaveAsync()
    {
        Front.Dispose();
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(8), () => Site.Tickets().Length == 0 && Site.CellInits().Length == 0), Site.Log);
    }
}
