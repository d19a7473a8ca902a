using System.Globalization;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>
/// Promise: a container that was built ahead is given to nobody but its account: where a front hints at one account and enters another, the payload gets a container of its
/// own, with its own ids, and the other one is gone. The next warden removes those of one that was killed.
/// </summary>
public sealed class WarmContainersTests
{
    private const uint First = 2_001_003; // of the rooms' ids, the first payload's

    [SkippableTheory]
    [InlineData(First)] // its own: it is the container's
    [InlineData(First + 2)] // another container's
    [InlineData(Site.AccountId)] // with groups
    [InlineData(Site.RangeFirst)]
    public async Task Whoever_enters_has_their_own_ids(uint account)
    {
        using Site site = Started(warm: 2);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        await FillAsync(front, pilot, ready: 2, account: First + 1994); // the last but one: the first is foreseen after the last
        Guid[] before = site.Tickets();
        using Play play = new(front, pilot);
        await RunAsync(play, front, pilot, hint: First, account);
        string[] maps = (await play.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        uint resident = account is >= First and < First + 1996 ? account - 1 : First - 3;
        Assert.Equal(
            new[] { $"0 {resident} 1", $"{account} {account} 1", $"{account}" }.Order(StringComparer.Ordinal),
            maps[..3].Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Order(StringComparer.Ordinal));
        Assert.Equal(account == Site.AccountId ? [Site.Text(account), Site.Text(Site.GroupOfAccount)] : [Site.Text(account)], maps[3].Split(' '));
        _ = await play.EndingAsync();
        await play.CleanUpAsync();
        // The one that was taken is used up, whoever it was for.
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => site.Tickets().Length == 2 && before.Except(site.Tickets()).Any()), string.Join(' ', site.Tickets()));
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => site.RoomCgroups().Length == 2), string.Join(' ', site.RoomCgroups()));
        StockedKind kind = Assert.Single(await StockAsync(front));
        Assert.Equal((2, "oci", 1L), (kind.Level, kind.Kind, kind.Hits));
    }

    [SkippableFact]
    public async Task One_that_was_built_without_the_group_of_its_pilots_job_is_given_up_for_one_with_it()
    {
        const uint Tracked = 20_050;
        using Site site = Started(warm: 2, "--tracking-groups", "sge:20000-20100");
        using Pilot pilot = Pilot.Start();
        using Pilot other = Pilot.Of(["setpriv", "--reuid", Site.Text(Site.PilotUid), "--regid", Site.Text(Site.PilotUid), "--groups", Site.Text(Tracked), "sleep", "600"], before: null);
        using Front front = await Front.GreetedAsync(site);
        await FillAsync(front, pilot, ready: 2, account: First);
        using Play play = new(front, pilot);
        // A front that has it built for one client and lets another enter.
        await RunAsync(play, front, pilot, hint: First + 2, account: First + 2, entering: other);
        Assert.Equal($"{First + 2} {Tracked}", (await play.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        _ = await play.EndingAsync();
        await play.CleanUpAsync();
        Assert.Equal(1L, Assert.Single(await StockAsync(front)).Hits);
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => site.Tickets().Length == 2 && site.RoomCgroups().Length == 2), string.Join(' ', site.RoomCgroups()));
    }

    [SkippableFact]
    public async Task The_next_warden_removes_those_of_one_that_was_killed()
    {
        using Site site = Started(warm: 2);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        await FillAsync(front, pilot, ready: 2, account: First);
        site.KillWarden();
        _ = site.Start();
        Assert.Contains("2 rooms in which nothing was started", site.Log, StringComparison.Ordinal);
        Assert.Empty(site.Tickets());
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => site.RoomCgroups().Length == 0), string.Join(' ', site.RoomCgroups()));
    }

    [SkippableFact]
    public async Task A_warden_that_ends_leaves_none()
    {
        using Site site = Started(warm: 2);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        await FillAsync(front, pilot, ready: 2, account: First);
        (await front.AskAsync(WardenOperation.Stop)).Done();
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(10), () => !site.IsAlive));
        Assert.Empty(site.RoomCgroups());
    }

    private static Site Started(int warm, params string[] arguments)
    {
        Site site = new() { Arguments = arguments };
        Skip.IfNot(new[] { "/usr/bin/crun", "/usr/bin/runc", "/usr/sbin/runc" }.Any(File.Exists), "there is neither crun nor runc: run ./test, which installs both");
        site.WriteLimits(Site.Json.Replace("\"logOnly\":true", $"\"logOnly\":true,\"warmContainers\":{warm},\"rooms\":{{\"first\":{First - 3},\"last\":{First + 1996},\"perRoom\":2}}", StringComparison.Ordinal));
        return site.Start();
    }

    private static async Task FillAsync(Front front, Pilot pilot, int ready, uint account)
    {
        (await front.AskAsync(WardenOperation.Probe, w => w.U8(2))).Done();
        using Play play = new(front, pilot);
        await RunAsync(play, front, pilot, hint: account, account);
        _ = await play.EndingAsync();
        await play.CleanUpAsync();
        for (int tries = 0; (await StockAsync(front)).Sum(kind => kind.Ready) != ready; tries++)
        {
            Assert.True(tries < 500, "the stock is not filled");
            await Task.Delay(20);
        }
    }

    private static async Task RunAsync(Play play, Front front, Pilot pilot, uint hint, uint account, Pilot? entering = null)
    {
        (await front.AskAsync(WardenOperation.Build, new BuildRoom(play.Cell, 2, "oci", hint, "", "").WriteTo, pilot.PidFd)).Done();
        using Descriptor command = Play.Command("/bin/sh", "-c", "cat /proc/self/uid_map; id -u; id -G");
        (await play.EnterAsync(command, account, account, client: entering?.PidFd)).Done();
        play.SendStreams();
        CellResolution resolution = await play.ResolutionAsync();
        Assert.True(resolution.Outcome == ResolutionOutcome.Resolved, $"{resolution.Outcome} {resolution.Detail} {resolution.Errno}");
        StartedInRoom started = StartedInRoom.Read(new MessageReader((await play.StartAsync()).Done().Body));
        Assert.True(started.Pid > 0, string.Create(CultureInfo.InvariantCulture, $"{started.Step} {started.Errno}"));
    }

    private static async Task<StockedKind[]> StockAsync(Front front)
        => [.. StockedRooms.Read(new MessageReader((await front.AskAsync(WardenOperation.Stock)).Done().Body)).Kinds];
}
