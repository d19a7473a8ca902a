using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>
/// Promise: a warden that is started on the directories of a dead one finds its payloads: each is told of once, with its real ending, and what nobody had
/// started is removed.
/// </summary>
public sealed class ReattachTests
{
    private static readonly JsonSerializerOptions TicketForm = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_payload_that_runs_is_found_signalled_and_told_of(bool isPrivate)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        int payload = await play.RunAsync("trap 'exit 41' USR1; echo ready; while :; do sleep 0.05; done", isPrivate: isPrivate);
        Remember(site);
        site.KillWarden();
        await AnotherAsync(site, play);
        Assert.Contains("1 payloads kept", site.Log, StringComparison.Ordinal);
        Assert.True(Proc.IsAlive(payload));
        Assert.Equal([new ListedRoom(play.Cell, RoomState.Running)], await ListAsync(play.Front));
        Task<ObservedEnding> ending = play.EndingAsync();
        (await play.SignalAsync(10 /* SIGUSR1 */)).Done();
        ObservedEnding seen = await ending;
        Assert.Equal((EndedHow.Exited, 41, EndingCause.None, true), (seen.How, seen.Value, seen.Cause, seen.IsEmpty));
        Assert.Equal("cell-init", seen.ObserverName);
        Assert.Equal(seen.How, (await play.EndingAsync()).How);
        await play.CleanUpAsync();
        await NothingIsLeftAsync(site);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_ended_while_there_was_no_warden_is_told_with_its_figures(bool isPrivate)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        int payload = await play.RunAsync("sleep 0.3; exit 7", isPrivate: isPrivate);
        Remember(site);
        site.KillWarden();
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => !Proc.IsAlive(payload)));
        await AnotherAsync(site, play);
        ObservedEnding seen = await play.EndingAsync();
        Assert.Equal((EndedHow.Exited, 7, true), (seen.How, seen.Value, seen.IsEmpty));
        Assert.InRange(seen.Usage[(byte)Isolation.Core.UsageFigure.Wall], 250_000, 60_000_000);
        await play.CleanUpAsync();
        await NothingIsLeftAsync(site);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_ending_that_was_told_before_is_the_same_afterwards(bool isDestroyed)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        _ = await play.RunAsync("exit 9", limits: RoomLimits.None with { MemoryBytes = 64 << 20 });
        ObservedEnding before = await play.EndingAsync();
        if (isDestroyed)
            _ = await play.DestroyAsync();
        Remember(site);
        site.KillWarden();
        await AnotherAsync(site, play);
        ObservedEnding after = await play.EndingAsync();
        Assert.Equal(before with { Usage = ObservedUsage.None }, after with { Usage = ObservedUsage.None });
        Assert.Equal(Measured(before), Measured(after));
        await play.CleanUpAsync();
        await NothingIsLeftAsync(site);
    }

    [SkippableTheory]
    [InlineData("built", false)]
    [InlineData("entered", false)]
    [InlineData("resolved", false)]
    [InlineData("built", true)]
    [InlineData("entered", true)]
    [InlineData("resolved", true)]
    public async Task What_nobody_had_started_is_removed(string upTo, bool isPrivate)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        using Descriptor command = Play.Command("/bin/true");
        (await (isPrivate ? play.BuildPrivateAsync() : play.BuildAsync())).Done();
        if (upTo != "built")
            (await play.EnterAsync(command)).Done();
        if (upTo == "resolved")
        {
            play.SendStreams();
            _ = await play.ResolutionAsync();
        }

        Remember(site);
        site.KillWarden();
        var time = Stopwatch.StartNew();
        await AnotherAsync(site, play);
        Assert.True(time.Elapsed < Proc.Deadline(4), $"it listened after {time.Elapsed}");
        Assert.Empty(await ListAsync(play.Front));
        Assert.Equal("cell", (await play.EndingReplyAsync()).Invariant);
        await NothingIsLeftAsync(site);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_start_that_never_left_the_warden_is_told_as_one_that_never_was(bool isPrivate)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play other = new(first, pilot), play = new(first, pilot);
        _ = await other.RunAsync("exit 0", Site.RangeFirst + 73, isPrivate: isPrivate);
        using Descriptor command = Play.Command("/bin/true");
        (await (isPrivate ? play.BuildPrivateAsync() : play.BuildAsync())).Done();
        (await play.EnterAsync(command)).Done();
        play.SendStreams();
        _ = await play.ResolutionAsync();
        Remember(site);
        site.KillWarden();

        // As if it had died between noting the start and telling it.
        string Path(Play of) => $"{site.Run}/rooms/{of.Cell:D}/ticket";
        JsonNode ticket = JsonNode.Parse(File.ReadAllText(Path(play)))!, start = JsonNode.Parse(File.ReadAllText(Path(other)))!["start"]!.DeepClone();
        LeafPlan leaf = ticket["leaf"].Deserialize<LeafPlan>(TicketForm)!;
        using Leaf found = Leaf.Find(leaf, null, new HashSet<CounterKind>());
        start["leafInodes"] = new JsonArray([.. found.Directories.Select(d => JsonValue.Create(d.Inode))]);
        ticket["start"] = start;
        File.WriteAllText(Path(play), ticket.ToJsonString());
        await AnotherAsync(site, play);
        ObservedEnding seen = await play.EndingAsync();
        Assert.True((seen.How, seen.IsEmpty, seen.ObserverName) == (EndedHow.NeverStarted, true, "cell-init"), $"{seen}\n{site.Log}");
        other.Front = play.Front;
        await other.CleanUpAsync();
        await play.CleanUpAsync();
        await NothingIsLeftAsync(site);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_cell_init_is_gone_too_the_payload_is_ended_and_nobody_invents_how(bool isPrivate)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        const uint own = Site.RangeFirst + 70; // which no other test uses
        _ = await play.RunAsync("sleep 60 & sleep 60", own, isPrivate: isPrivate);
        int cellInit = Assert.Single(site.CellInits());
        site.KillWarden();
        Kill(cellInit);
        await AnotherAsync(site, play);
        ObservedEnding seen = await play.EndingAsync();
        Assert.Equal((EndedHow.Unknown, true, "warden"), (seen.How, seen.IsEmpty, seen.ObserverName));
        _ = await play.DestroyAsync();
        (await play.ForgetAsync()).Done();
        await NothingIsLeftAsync(site);
        Assert.Empty(Proc.OfUid(own));
    }

    [SkippableFact]
    public async Task Of_many_each_is_found()
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        Play[] plays = [.. Enumerable.Range(0, 20).Select(_ => new Play(first, pilot))];
        for (int i = 0; i < plays.Length; i++)
            _ = await plays[i].RunAsync($"sleep 0.{i % 10}; exit {i}", Site.RangeFirst + (uint)i);
        Remember(site);
        site.KillWarden();
        _ = site.Start();
        using Front front = await Front.GreetedAsync(site);
        for (int i = 0; i < plays.Length; i++)
        {
            plays[i].Front = front;
            ObservedEnding seen = await plays[i].EndingAsync();
            Assert.Equal((EndedHow.Exited, i), (seen.How, seen.Value));
            await plays[i].CleanUpAsync();
            plays[i].Dispose();
        }

        await NothingIsLeftAsync(site);
    }

    [SkippableFact]
    public async Task A_cell_init_that_does_not_answer_holds_up_only_whoever_asks_for_it()
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play stopped = new(first, pilot), other = new(first, pilot);
        _ = await stopped.RunAsync("sleep 1; exit 5", Site.RangeFirst + 71);
        int cellInit = Assert.Single(site.CellInits());
        _ = await other.RunAsync("sleep 1; exit 6", Site.RangeFirst + 72);
        Remember(site);
        Send(cellInit, 19 /* SIGSTOP */);
        site.KillWarden();
        await AnotherAsync(site, stopped);
        other.Front = stopped.Front;
        Task<ObservedEnding> asked = stopped.EndingAsync();
        Assert.Equal(6, (await other.EndingAsync()).Value);
        Assert.False(asked.IsCompleted);
        Send(cellInit, 18 /* SIGCONT */);
        ObservedEnding seen = await asked;
        Assert.True((seen.How, seen.Value) == (EndedHow.Exited, 5), $"{seen} {site.Log}");
        await stopped.CleanUpAsync();
        await other.CleanUpAsync();
        await NothingIsLeftAsync(site);
    }

    [SkippableTheory]
    [InlineData("garbage")]
    [InlineData("lacking")]
    [InlineData("newer")]
    [InlineData("anothers")]
    [InlineData("link")]
    public async Task A_ticket_that_cannot_be_acted_on_is_left_alone_with_its_payload(string kind)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        int payload = await play.RunAsync("sleep 60");
        int cellInit = Assert.Single(site.CellInits());
        site.OwnCells.Add(cellInit);
        site.KillWarden();
        string path = $"{site.Run}/rooms/{play.Cell:D}/ticket";
        string text = File.ReadAllText(path);
        JsonNode json = JsonNode.Parse(text)!;
        switch (kind)
        {
            case "garbage":
                File.WriteAllText(path, text[..(text.Length / 2)]);
                break;
            case "lacking":
                json["start"] = new JsonObject { ["at"] = 1 };
                File.WriteAllText(path, json.ToJsonString());
                break;
            case "newer":
                json["version"] = 2;
                File.WriteAllText(path, json.ToJsonString());
                break;
            case "anothers":
                json["cell"] = Guid.CreateVersion7().ToString();
                File.WriteAllText(path, json.ToJsonString());
                break;
            default:
                File.Move(path, site.Root + "/elsewhere");
                File.CreateSymbolicLink(path, site.Root + "/elsewhere");
                break;
        }

        await AnotherAsync(site, play);
        Assert.Contains($"left alone: cell {play.Cell}", site.Log, StringComparison.Ordinal);
        Assert.Empty(await ListAsync(play.Front));
        Assert.True(Proc.IsAlive(payload));
        Assert.True(Directory.Exists($"{site.State}/scratch/{play.Cell:D}"));
        using Play other = new(play.Front, pilot);
        _ = await other.RunAsync("exit 3", Site.OtherAccountId);
        Assert.Equal(3, (await other.EndingAsync()).Value);
        await other.CleanUpAsync();

        // Put right, the next warden finds it.
        File.Delete(path);
        File.WriteAllText(path, text);
        site.KillWarden();
        await AnotherAsync(site, play);
        Assert.Equal([new ListedRoom(play.Cell, RoomState.Running)], await ListAsync(play.Front));
        await play.CleanUpAsync();
        await NothingIsLeftAsync(site);
    }

    [SkippableFact]
    public async Task Numbers_that_belong_to_others_by_now_touch_nobody()
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        _ = await play.RunAsync("sleep 60");
        int cellInit = Assert.Single(site.CellInits());
        site.KillWarden();
        Kill(cellInit);
        await Task.Delay(50); // a start time is told in hundredths of a second
        using Pilot stranger = Pilot.Start();
        string path = $"{site.Run}/rooms/{play.Cell:D}/ticket";
        JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
        json["cellInit"]!["pid"] = PidFd.PidOf(stranger.PidFd);
        File.WriteAllText(path, json.ToJsonString());
        await AnotherAsync(site, play);
        Assert.Equal(EndedHow.Unknown, (await play.EndingAsync()).How);
        _ = await play.DestroyAsync();
        (await play.ForgetAsync()).Done();
        Assert.False(stranger.PidFd.IsOver);
        await NothingIsLeftAsync(site);
    }

    [SkippableFact]
    public async Task A_leaf_of_the_same_name_that_is_another_is_not_killed()
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        _ = await play.RunAsync("exit 0");
        _ = await play.EndingAsync();
        string[] leaves = site.Leaves();
        Remember(site);
        site.KillWarden();
        Assert.NotEmpty(leaves);
        foreach (string leaf in leaves)
            Directory.Delete(leaf);
        // Somebody's own of the same name, with a process of theirs in it.
        string unified = leaves.Single(l => l.StartsWith(CgroupLayout.Read().Unified!, StringComparison.Ordinal));
        Directory.CreateDirectory(unified);
        using Pilot stranger = Pilot.Start();
        File.WriteAllText(unified + "/cgroup.procs", PidFd.PidOf(stranger.PidFd)!.Value.ToString(CultureInfo.InvariantCulture));
        await AnotherAsync(site, play);
        _ = await play.DestroyAsync();
        (await play.ForgetAsync()).Done();
        Assert.False(stranger.PidFd.IsOver);
        Assert.Equal([unified], site.Leaves());
        stranger.Kill();
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(2), () => { try { Directory.Delete(unified); return true; } catch (IOException) { return false; } }));
    }

    [SkippableFact]
    public async Task Directories_without_a_ticket_and_scratches_of_nobody_go()
    {
        using Site site = new Site().Start();
        site.KillWarden();
        string room = $"{site.Run}/rooms/{Guid.CreateVersion7():D}", scratch = $"{site.State}/scratch/{Guid.CreateVersion7():D}";
        Directory.CreateDirectory(room);
        File.WriteAllText(room + "/ticket.new", "{ \"version\": 1, \"ce");
        Directory.CreateDirectory(scratch + "/below");
        File.WriteAllText(scratch + "/below/file", "");
        _ = site.Start();
        Assert.False(Directory.Exists(room));
        Assert.False(Directory.Exists(scratch));
        using Front front = await Front.GreetedAsync(site);
        Assert.Empty(await ListAsync(front));
    }

    [SkippableFact]
    public async Task A_room_of_before_the_machine_was_started_is_removed_and_nobody_is_asked()
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        _ = await play.RunAsync("exit 0");
        _ = await play.EndingAsync();
        Remember(site);
        site.KillWarden();
        string path = $"{site.Run}/rooms/{play.Cell:D}/ticket";
        JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
        json["bootId"] = Guid.NewGuid().ToString();
        File.WriteAllText(path, json.ToJsonString());
        await AnotherAsync(site, play);
        Assert.Empty(await ListAsync(play.Front));
        Assert.Empty(site.Tickets());
        Assert.Empty(site.Scratches());
    }

    private static async Task AnotherAsync(Site site, Play play)
    {
        _ = site.Start();
        play.Front = await Front.GreetedAsync(site);
    }

    // A figure without a counter is the same as none.
    private static ObservedFigure[] Measured(ObservedEnding seen) => [.. seen.Usage.Figures.Where(f => f.Value != -1).OrderBy(f => f.Number)];

    private static void Remember(Site site) => site.OwnCells.UnionWith(site.CellInits());

    private static void Kill(int pid) => Send(pid, 9);

    private static void Send(int pid, int signal)
    {
        using PidFd process = PidFd.TryOpen(pid, out _)!;
        _ = process.Signal(signal);
    }

    private static async Task<ListedRoom[]> ListAsync(Front front) => ListedRooms.Read(new MessageReader((await front.AskAsync(WardenOperation.List)).Done().Body)).Rooms;

    private static async Task NothingIsLeftAsync(Site site)
    {
        string Left() => string.Join(", ", site.Tickets().Select(t => $"ticket {t}").Concat(site.Leaves()).Concat(site.Scratches())
            .Concat(site.OwnCells.Where(pid => Proc.IsAlive(pid) && Proc.Field(pid, "Name") == "cell-init").Select(pid => $"cell-init {pid}")));
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => Left().Length == 0), $"{Left()}\n{site.Log}");
    }
}
