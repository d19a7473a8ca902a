using System.Diagnostics;
using System.Text.Json;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>An honest front gets what it asks for: a payload runs as its account, ends as the kernel says, and leaves nothing.</summary>
public sealed class LifeTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    [SkippableFact]
    public async Task From_end_to_end()
    {
        NeedsRoot();
        using Play play = NewPlay();
        using Descriptor command = Play.Command(["sh", "-c", "echo $USER $HOME $PWD $ISOLATION_LEVEL; pwd; exit 42"], ["USER=liar", "PWD=/lie", "HOME=/root"]);
        (await play.BuildAsync()).Done();
        var room = (EnterAnswer.Entered)EnterAnswer.Read(new MessageReader((await play.EnterAsync(command)).Done().Body));
        Assert.Equal((byte)Core.Position.Own, room.Position);
        Assert.Equal($"{Site.State}/scratch/{play.Cell:D}", room.Scratch);
        Assert.EndsWith($"/cell-{play.Cell:D}", room.Cgroup, StringComparison.Ordinal);
        using (JsonDocument ticket = JsonDocument.Parse(File.ReadAllText($"{Site.Run}/rooms/{play.Cell:D}/ticket")))
            Assert.All(ticket.RootElement.GetProperty("leaf").GetProperty("directories").EnumerateArray().Select(leaf => leaf.GetString()!), leaf => Assert.True(Directory.Exists(leaf) && leaf.EndsWith($"/cell-{play.Cell:D}", StringComparison.Ordinal), leaf));
        play.SendStreams();
        ResolvedInRoom resolved = ResolvedInRoom.Read(new MessageReader((await play.ResolveAsync()).Done().Body));
        Assert.Equal("/usr/bin/sh", System.Text.Encoding.UTF8.GetString(resolved.Resolution.Path));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes("/usr/bin/sh")), resolved.Digest);
        Assert.True(StartedInRoom.Read(new MessageReader((await play.StartAsync()).Done().Body)).Pid > 0);
        ObservedEnding ending = await play.EndingAsync();
        Assert.Equal((EndedHow.Exited, 42, EndingCause.None, true), (ending.How, ending.Value, ending.Cause, ending.IsEmpty));
        Assert.True(ending.Usage[(byte)Core.UsageFigure.Wall] > 0 && ending.Usage[(byte)Core.UsageFigure.CpuUser] >= 0 && ending.Usage[(byte)Core.UsageFigure.MemoryPeak] != 0);
        Assert.Equal($"5100 {room.Scratch} {room.Scratch} setuid\n{room.Scratch}\n", await play.Output);
        await play.CleanUpAsync();
    }

    [SkippableTheory]
    [InlineData("exit 0", EndedHow.Exited, 0)]
    [InlineData("exit 255", EndedHow.Exited, 255)]
    [InlineData("kill -9 $$", EndedHow.Signaled, 9)]
    [InlineData("kill -SEGV $$", EndedHow.Signaled, 11)]
    [InlineData("kill -PIPE $$", EndedHow.Signaled, 13)]
    public async Task Endings(string script, EndedHow how, int value)
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync(script);
        ObservedEnding ending = await play.EndingAsync();
        Assert.Equal((how, value, EndingCause.None), (ending.How, ending.Value, ending.Cause));
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task The_wall_limit_ends_it()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("trap '' TERM INT; sleep 60", limits: RoomLimits.None with { WallMilliseconds = 300 });
        ObservedEnding ending = await play.EndingAsync();
        Assert.Equal((EndingCause.WallLimit, EndedHow.Signaled, 9, true), (ending.Cause, ending.How, ending.Value, ending.IsEmpty));
        Assert.InRange(ending.Usage[(byte)Core.UsageFigure.Wall], 300_000, 2_000_000);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_client_that_is_killed_takes_its_payload_along_within_a_second()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("sleep 60");
        Stopwatch watch = Stopwatch.StartNew();
        Pilot.Kill(); // this process holds the channel open, as a child of the client's would
        ObservedEnding ending = await play.EndingAsync();
        Assert.Equal((EndingCause.ClientGone, true), (ending.Cause, ending.IsEmpty));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Proc.Deadline(1));
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_client_that_closes_its_channel_takes_its_payload_along()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("sleep 60");
        play.Channel!.Dispose();
        Assert.Equal(EndingCause.ClientGone, (await play.EndingAsync()).Cause);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_client_that_goes_before_its_streams_starts_nothing()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command("/bin/true"))).Done();
        Task<CellResolution> resolution = play.ResolutionAsync();
        Pilot.Kill();
        Assert.Equal(ResolutionOutcome.ClientGone, (await resolution).Outcome);
        Assert.Equal("state", (await play.StartAsync()).Invariant);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task What_forks_away_is_gone()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("(setsid sh -c 'trap \"\" TERM HUP; setsid sleep 61 & sleep 62' &) ; sleep 0.1; exit 0");
        ObservedEnding ending = await play.EndingAsync();
        Assert.Equal((EndedHow.Exited, 0, true), (ending.How, ending.Value, ending.IsEmpty));
        await NothingOfAsync(Site.AccountId);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_fork_bomb_within_the_pilots_limit_is_gone()
    {
        NeedsRoot();
        using Pilot small = Pilot.Start(before: ["prlimit", "--nproc=60:60"]);
        using Play play = new(Front, small);
        _ = await play.RunAsync("trap '' TERM; (while :; do sleep 61 & done) & exec sleep 60");
        int most = 0;
        _ = await Proc.WithinAsync(TimeSpan.FromSeconds(1), () => (most = Math.Max(most, Proc.OfUid(Site.AccountId).Length)) > 60);
        Assert.InRange(most, 20, 60);
        await play.CleanUpAsync();
        await NothingOfAsync(Site.AccountId);
    }

    [SkippableFact]
    public async Task A_scratch_of_any_depth_is_gone()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("i=0; while [ $i -lt 1500 ]; do mkdir d; touch f; chmod 0 f; cd -P d; i=$((i+1)); done; chmod 0 .; exit 0");
        Assert.Equal(0, (await play.EndingAsync()).Value);
        await play.CleanUpAsync();
        Assert.Empty(Site.Scratches());
    }

    [SkippableFact]
    public async Task Signals_reach_it_through_the_warden_and_through_the_channel()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("trap 'echo usr1' USR1; trap 'echo usr2; exit 6' USR2; echo ready; while :; do sleep 0.02; done");
        Task<string> output = play.Output;
        await Task.Delay(150);
        Assert.Equal([1], (await play.SignalAsync(10)).Done().Body);
        await Task.Delay(150);
        play.Forward(12);
        Assert.Equal(6, (await play.EndingAsync()).Value);
        Assert.Equal("ready\nusr1\nusr2\n", await output);
        Assert.Equal([0], (await play.SignalAsync(10)).Done().Body);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Streams_that_are_closed_stay_closed()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command("/usr/bin/python3", "-c", "import os; print([fd for fd in range(64) if os.path.lexists(f'/proc/self/fd/{fd}')])"))).Done();
        play.SendStreams(2, play.OutputEnd);
        Skip.If(await play.ResolutionAsync() is { Outcome: not ResolutionOutcome.Resolved }, "python3 is not installed where the payload account can execute it");
        (await play.StartAsync()).Done();
        Assert.Equal("[1]\n", await play.Output);
        await play.CleanUpAsync();
    }

    [SkippableTheory]
    [InlineData("/", Sys.O_RDONLY | Sys.O_DIRECTORY, "a directory")]
    [InlineData("/etc/passwd", Sys.O_PATH, "O_PATH")]
    [InlineData("/dev/zero", Sys.O_RDONLY, "a character device")]
    [InlineData("eventfd", 0, "no kind")]
    [InlineData("pidfd", 0, "no kind")]
    [InlineData("channel", 0, "the pilot's channel itself")]
    public async Task Streams_of_other_kinds_are_refused_by_name(string what, int flags, string kind)
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command("/bin/true"))).Done();
        using Descriptor stream = what switch
        {
            "eventfd" => EventFd.Create(),
            "pidfd" => PidFd.TryOpen(Environment.ProcessId, out _)!,
            "channel" => play.Channel!.Duplicate(),
            _ => Sys.Open(null, what, flags),
        };
        play.SendStreams(7, play.OutputEnd, play.OutputEnd, stream);
        CellResolution resolution = await play.ResolutionAsync();
        Assert.Equal((ResolutionOutcome.StreamRefused, 2), (resolution.Outcome, resolution.Stream));
        Assert.Contains(kind, resolution.Detail, StringComparison.Ordinal);
        await play.CleanUpAsync();
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(2000)]
    public async Task Garbage_on_the_pilots_channel_is_a_client_that_is_gone(int length)
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command("/bin/true"))).Done();
        Sys.Send(play.Channel!, new byte[length], [play.OutputEnd.Number, play.OutputEnd.Number, play.OutputEnd.Number, play.OutputEnd.Number]);
        Assert.Equal(ResolutionOutcome.ClientGone, (await play.ResolutionAsync()).Outcome);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_flood_of_signals_harms_nobody()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("sleep 0.5; exit 8");
        for (int i = 0; i < 20_000; i++)
            play.Forward(23); // SIGURG, which does nothing by default: a trap may be set too late
        Assert.Equal(8, (await play.EndingAsync()).Value);
        await play.CleanUpAsync();
    }

    [SkippableTheory]
    [InlineData("/root", 13)]
    [InlineData("/no/such", 2)]
    [InlineData("/etc/passwd", 20)]
    public async Task A_working_directory_that_the_account_cannot_enter(string directory, int errno)
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        (await play.EnterAsync(Play.Command(["/bin/true"], [], directory))).Done();
        play.SendStreams();
        CellResolution resolution = await play.ResolutionAsync();
        Assert.Equal((ResolutionOutcome.DirectoryNotUsable, errno), (resolution.Outcome, resolution.Errno));
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_command_that_names_a_descriptor_of_cell_init_finds_nothing_of_it()
    {
        NeedsRoot();
        foreach (int number in new[] { 3, 4 })
        {
            using Play play = NewPlay();
            (await play.BuildAsync()).Done();
            (await play.EnterAsync(Play.Command($"/proc/self/fd/{number}"))).Done();
            play.SendStreams();
            CellResolution resolution = await play.ResolutionAsync();
            Assert.True(resolution.Outcome == ResolutionOutcome.CommandNotUsable || resolution.File.Size != CellProof.SecretSize, $"{number}: {resolution}");
            await play.CleanUpAsync();
        }
    }
}
