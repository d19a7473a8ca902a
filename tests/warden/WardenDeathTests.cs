using Isolation.Linux;

namespace Isolation.Warden.Tests;

/// <summary>The warden can die at any moment: what runs, runs on, and what was only built goes by itself.</summary>
public sealed class WardenDeathTests
{
    [SkippableFact]
    public async Task A_running_payload_runs_on_and_still_ends_with_its_client()
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        using Play play = new(front, pilot);
        int payload = await play.RunAsync("trap '' TERM; sleep 60", Site.RangeFirst);
        int cellInit = Assert.Single(site.CellInits());
        site.OwnCells.Add(cellInit);
        site.KillWarden();
        await Task.Delay(300);
        Assert.True(Proc.IsAlive(payload));
        Assert.True(Proc.IsAlive(cellInit));
        pilot.Kill();
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(1), () => !Proc.IsAlive(payload)), "the payload outlived its client");
        Assert.True(Proc.IsAlive(cellInit), "cell-init went without telling the ending");
    }

    [SkippableTheory]
    [InlineData("built", 3)]
    [InlineData("entered", 3)]
    [InlineData("resolved", 40)] // it waits for half a minute: the next warden wants to know whether it was told to start
    public async Task A_room_in_which_nothing_started_goes_by_itself(string upTo, double seconds)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        using Play play = new(front, pilot);
        using Descriptor command = Play.Command("/bin/true");
        if (upTo == "resolved")
            await play.ReadyAsync(command, Site.RangeFirst);
        else
            (await play.BuildAsync()).Done();
        if (upTo == "entered")
            (await play.EnterAsync(command)).Done();
        int cellInit = Assert.Single(site.CellInits());
        site.KillWarden();
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(seconds), () => !Proc.IsAlive(cellInit)));
    }

    [SkippableFact]
    public async Task A_warden_comes_up_again_on_the_directories_of_a_dead_one()
    {
        using Site site = new Site().Start();
        site.KillWarden();
        _ = site.Start();
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        using Play play = new(front, pilot);
        _ = await play.RunAsync("exit 0", Site.RangeFirst);
        Assert.True((await play.EndingAsync()).IsEmpty);
        await play.CleanUpAsync();
    }
}
