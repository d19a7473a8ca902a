using System.Text.Json.Nodes;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>
/// Promise: a room that was built ahead is used once, has never held anything of anybody's, goes when the policy changes, when its resident dies and with the
/// warden, and is nobody's room but its payload's once one has entered.
/// </summary>
public sealed class WarmRoomsTests
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_is_used_once_by_the_payload_whose_name_it_then_bears(bool isPrivate)
    {
        using Site site = Started(warm: 2);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        HashSet<int> used = [];
        for (int i = 0; i < 4; i++)
        {
            int[] waiting = site.CellInits();
            using Play play = new(front, pilot);
            _ = await play.RunAsync("exec sleep 60", isPrivate: isPrivate);
            Assert.Contains(play.Cell, site.Tickets());
            Assert.Contains(play.Cell.ToString(), site.Ticket(play.Cell), StringComparison.Ordinal);
            int cellInit = JsonNode.Parse(site.Ticket(play.Cell))!["cellInit"]!["pid"]!.GetValue<int>();
            Assert.True(used.Add(cellInit), "a room was used twice");
            Assert.Equal(i > 0, waiting.Contains(cellInit)); // the first had to be built
            (await play.SignalAsync(9)).Done();
            _ = await play.EndingAsync();
            await play.CleanUpAsync();
            await StockedAsync(front, ready: 2);
        }

        StockedKind kind = Assert.Single(await StockAsync(front));
        Assert.Equal((1, isPrivate ? "private" : "classic", 2, 3L, 1L), (kind.Level, kind.Kind, kind.Ready, kind.Hits, kind.Misses));
        Assert.Empty(site.Leaves());
        Assert.Empty(site.Scratches());
        Assert.Equal(2, site.Tickets().Length);
    }

    [SkippableFact]
    public async Task Without_any_in_the_limits_none_is_built()
    {
        using Site site = Started(warm: 0);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        using Play play = new(front, pilot);
        _ = await play.RunAsync("exit 0");
        _ = await play.EndingAsync();
        await play.CleanUpAsync();
        await Task.Delay(200);
        Assert.Empty(await StockAsync(front));
        Assert.Empty(site.CellInits());
    }

    [SkippableFact]
    public async Task New_limits_drain_them()
    {
        using Site site = Started(warm: 3);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site), root = await Front.GreetedAsync(site, uid: 0);
        await FillAsync(site, front, pilot, 3);
        int[] before = site.CellInits();
        site.WriteLimits(With(1).Replace("\"temporaryBytes\":1048576", "\"temporaryBytes\":2097152", StringComparison.Ordinal));
        (await root.AskAsync(WardenOperation.RereadLimits)).Done();
        using Play play = new(front, pilot);
        _ = await play.RunAsync("df --output=size -k /tmp | tail -1; exec sleep 60 > /dev/null 2>&1", isPrivate: true);
        Assert.Equal("2048", (await play.Output).Trim());
        int cellInit = JsonNode.Parse(site.Ticket(play.Cell))!["cellInit"]!["pid"]!.GetValue<int>();
        Assert.DoesNotContain(cellInit, before);
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => !before.Any(Proc.IsAlive)), "rooms of the old policy are still there");
        (await play.SignalAsync(9)).Done();
        _ = await play.EndingAsync();
        await play.CleanUpAsync();
        await StockedAsync(front, ready: 1);
    }

    [SkippableFact]
    public async Task One_whose_resident_is_dead_is_given_to_nobody()
    {
        using Site site = Started(warm: 2);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        await FillAsync(site, front, pilot, 2);
        foreach (int cellInit in site.CellInits())
        {
            using PidFd process = PidFd.TryOpen(cellInit, out _)!;
            process.Signal(9);
            Assert.NotEqual(PollEvents.None, Sys.Poll(process, PollEvents.In, 5000));
        }

        using Play play = new(front, pilot);
        _ = await play.RunAsync("exit 4", isPrivate: true);
        Assert.Equal(4, (await play.EndingAsync()).Value);
        await play.CleanUpAsync();
        await StockedAsync(front, ready: 2);
        Assert.Contains("its resident has gone", site.Log, StringComparison.Ordinal);
        Assert.Equal(2, site.Tickets().Length);
    }

    [SkippableFact]
    public async Task A_client_in_a_network_of_its_own_gets_none_of_the_hosts()
    {
        using Site site = Started(warm: 1);
        using Pilot pilot = Pilot.Start(), apart = Pilot.Start(before: ["unshare", "-n"]);
        using Front front = await Front.GreetedAsync(site);
        await FillAsync(site, front, pilot, 1);
        using Play play = new(front, apart);
        (await play.BuildPrivateAsync(apart.PidFd)).Done();
        (await play.EnterAsync(Play.Command("/bin/true"), client: apart.PidFd)).Done();
        _ = await play.DestroyAsync();
        (await play.ForgetAsync()).Done();
        StockedKind kind = Assert.Single(await StockAsync(front));
        Assert.Equal((1, 0L), (kind.Ready, kind.Hits));
    }

    [SkippableFact]
    public async Task The_next_warden_removes_those_of_one_that_was_killed()
    {
        using Site site = Started(warm: 3);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        await FillAsync(site, front, pilot, 3);
        using Play taken = new(front, pilot);
        (await taken.BuildPrivateAsync()).Done(); // taken, and nobody has entered
        await StockedAsync(front, ready: 3);
        int[] waiting = site.CellInits();
        Assert.Equal(4, waiting.Length);
        site.OwnCells.UnionWith(waiting);
        site.KillWarden();
        // As a warden leaves it that is killed between the two steps by which a room gets its payload's name.
        Guid[] names = site.Tickets();
        Directory.Move($"{site.Run}/rooms/{names[0]:D}", $"{site.Run}/rooms/{Guid.CreateVersion7():D}");
        _ = site.Start();
        Assert.Contains("4 rooms in which nothing was started", site.Log, StringComparison.Ordinal);
        Assert.Empty(site.Tickets());
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => !waiting.Any(Proc.IsAlive)));
    }

    [SkippableFact]
    public async Task A_warden_that_ends_leaves_none()
    {
        using Site site = Started(warm: 2);
        using Pilot pilot = Pilot.Start();
        using Front front = await Front.GreetedAsync(site);
        await FillAsync(site, front, pilot, 2);
        int[] waiting = site.CellInits();
        (await front.AskAsync(WardenOperation.Stop)).Done();
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(10), () => !site.IsAlive));
        Assert.DoesNotContain(waiting, Proc.IsAlive);
        Assert.False(Directory.Exists(site.Run + "/rooms") && Directory.EnumerateDirectories(site.Run + "/rooms").Any());
    }

    private static Site Started(int warm)
    {
        Site site = new();
        site.WriteLimits(With(warm));
        return site.Start();
    }

    private static string With(int warm) => Site.Json.Replace("\"logOnly\":true", $"\"logOnly\":true,\"warmRooms\":{warm}", StringComparison.Ordinal);

    private static async Task FillAsync(Site site, Front front, Pilot pilot, int ready)
    {
        using Play play = new(front, pilot);
        _ = await play.RunAsync("exit 0", isPrivate: true);
        _ = await play.EndingAsync();
        await play.CleanUpAsync();
        await StockedAsync(front, ready);
        Assert.Equal(ready, site.CellInits().Length);
    }

    private static async Task StockedAsync(Front front, int ready)
    {
        for (int tries = 0; tries < 500; tries++)
        {
            if ((await StockAsync(front)).Sum(kind => kind.Ready) == ready)
                return;
            await Task.Delay(20);
        }

        Assert.Fail($"the stock is {string.Join(", ", await StockAsync(front))}, not {ready}");
    }

    private static async Task<StockedKind[]> StockAsync(Front front)
        => [.. StockedRooms.Read(new MessageReader((await front.AskAsync(WardenOperation.Stock)).Done().Body)).Kinds];
}
