using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>Whatever numbers the front sends for limits and for the place, what is out of bounds is denied before anything is made, and what cannot be held is answered, not taken.</summary>
public sealed class LimitLiesTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    public static TheoryData<string, long> OutOfBounds
    {
        get
        {
            TheoryData<string, long> all = [];
            foreach (string limit in new[] { "memory", "pids", "cpu-weight", "cpus", "io-weight", "files" })
            {
                foreach (long value in new[] { 0, -2, long.MinValue, long.MaxValue, (1L << 60) + 1 })
                    all.Add(limit, value);
            }

            foreach (long value in new[] { -2, long.MinValue, long.MaxValue, (1L << 60) + 1 })
                all.Add("swap", value);
            all.Add("pids", 4_194_305);
            all.Add("cpu-weight", 10_001);
            all.Add("io-weight", 10_001);
            all.Add("cpus", 8_192_001);
            return all;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(OutOfBounds))]
    public async Task A_limit_out_of_bounds(string limit, long value)
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        using Descriptor command = Play.Command("/bin/true");
        Assert.Equal("limits", (await play.EnterAsync(command, limits: Limits(limit, value))).Invariant);
        Assert.Null(play.Channel);
        Assert.DoesNotContain(Site.Leaves(), l => l.Contains($"{play.Cell:D}", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(16, 0, 0, 0)] // properties that there are not
    [InlineData(255, 0, 0, 0)]
    [InlineData(0, 16, 0, 0)]
    [InlineData(0, 255, 0, 0)]
    [InlineData(0, 15, 16, 0)] // a ceiling that there is not
    [InlineData(0, 15, 255, 0)]
    [InlineData(0, 15, 0, 2)] // a law that there is not
    [InlineData(0, 15, 0, 255)]
    public async Task A_demand_that_names_what_there_is_not(byte must, byte want, byte mayLose, byte law)
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        using Descriptor command = Play.Command("/bin/true");
        Assert.Equal("placement", (await play.EnterAsync(command, demand: new PlaceDemand(must, want, mayLose, law))).Invariant);
        Assert.Null(play.Channel);
    }

    [SkippableFact]
    public async Task The_largest_limits_that_are_in_bounds_are_taken_or_answered()
    {
        NeedsRoot();
        using Play play = NewPlay();
        RoomLimits most = RoomLimits.None with { MemoryBytes = 1L << 60, SwapBytes = 1L << 60, Processes = 4_194_304, MilliCpus = 8_192_000, CpuWeight = 10_000, OpenFiles = 1 << 30 };
        using Descriptor command = Play.Command("/bin/true");
        (await play.BuildAsync()).Done();
        EnterAnswer answer = EnterAnswer.Read(new MessageReader((await play.EnterAsync(command, limits: most)).Done().Body));
        if (answer is EnterAnswer.Entered)
            await play.CleanUpAsync();
        else
            Assert.NotEqual("", Assert.IsType<EnterAnswer.NotPlaced>(answer).Cause);
    }

    [SkippableFact]
    public async Task Less_memory_than_any_program_needs_ends_at_once_and_is_told()
    {
        NeedsRoot();
        Skip.IfNot(HasOwn("memory"), "the slice has no memory controller here");
        using Play play = NewPlay();
        using Descriptor command = Play.Command("/bin/sh", "-c", "exec sleep 60");
        (await play.BuildAsync()).Done();
        Assert.IsType<EnterAnswer.Entered>(EnterAnswer.Read(new MessageReader((await play.EnterAsync(command, limits: RoomLimits.None with { MemoryBytes = 4096, SwapBytes = 0 })).Done().Body)));
        play.SendStreams();
        Assert.Equal(ResolutionOutcome.Resolved, (await play.ResolutionAsync()).Outcome);
        StartedInRoom started = StartedInRoom.Read(new MessageReader((await play.StartAsync()).Done().Body));
        ObservedEnding ending = await play.EndingAsync();
        Assert.True(started.Pid == 0 || ending is { How: EndedHow.Signaled, Value: 9, IsOutOfMemory: true }, $"{started} {ending}");
        Assert.True(ending.IsEmpty, ending.EmptinessDetail);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_single_process_cannot_fork()
    {
        NeedsRoot();
        Skip.IfNot(HasOwn("pids"), "the slice has no pids controller here");
        using Play play = NewPlay();
        _ = await play.RunAsync("(true) || exit 9; exit 0", limits: RoomLimits.None with { Processes = 1 });
        ObservedEnding ending = await play.EndingAsync();
        Assert.True(ending is { How: EndedHow.Exited, Value: not 0, IsEmpty: true }, $"{ending}");
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_leaf_that_is_there_already_is_never_taken()
    {
        NeedsRoot();
        using Play play = NewPlay();
        (await play.BuildAsync()).Done();
        string slice = Path.GetDirectoryName(await LeafOfAsync())!;
        string leaf = $"{slice}/cell-{play.Cell:D}";
        Directory.CreateDirectory(leaf);
        try
        {
            using Descriptor command = Play.Command("/bin/true");
            Reply reply = await play.EnterAsync(command);
            Assert.True(reply.Kind == WardenAnswer.Failed || EnterAnswer.Read(new MessageReader(reply.Done().Body)) is EnterAnswer.NotPlaced, $"{reply}");
            Assert.Null(play.Channel);
            Assert.True(Directory.Exists(leaf)); // it was not made by this entry, so it is not removed
        }
        finally
        {
            _ = Sys.TryRemoveDirectory(leaf, out _);
        }
    }

    [SkippableFact]
    public async Task A_client_that_is_moved_about_while_it_is_looked_at()
    {
        NeedsRoot();
        string slice = Path.GetDirectoryName(await LeafOfAsync())!, top = Path.GetDirectoryName(slice)!, other = $"{top}/iso-moves-{Environment.ProcessId}";
        Directory.CreateDirectory(other);
        using CancellationTokenSource over = new();
        Task moving = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                File.WriteAllText(other + "/cgroup.procs", $"{Pilot.Pid}");
                File.WriteAllText(top + "/cgroup.procs", $"{Pilot.Pid}");
            }
        });
        try
        {
            int entered = 0, told = 0;
            for (int i = 0; i < 20; i++)
            {
                using Play play = NewPlay();
                using Descriptor command = Play.Command("/bin/true");
                (await play.BuildAsync()).Done();
                Reply reply = await play.EnterAsync(command);
                if (reply.Kind == WardenAnswer.Done && EnterAnswer.Read(new MessageReader(reply.Body)) is EnterAnswer.Entered)
                {
                    entered++;
                    await play.CleanUpAsync();
                }
                else
                {
                    told++;
                    Assert.Contains("while they are read", $"{reply}", StringComparison.Ordinal);
                }
            }

            Assert.Equal(20, entered + told);
        }
        finally
        {
            await over.CancelAsync();
            await moving;
            File.WriteAllText(top + "/cgroup.procs", $"{Pilot.Pid}");
            Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(5), () => Sys.TryRemoveDirectory(other, out _)));
        }
    }

    // The leaf of some payload shows where leaves are.
    private async Task<string> LeafOfAsync(string controller = "")
    {
        using Play play = NewPlay();
        _ = await play.RunAsync("sleep 60");
        CgroupLayout layout = CgroupLayout.Read();
        string mount = layout.V1.GetValueOrDefault(controller) ?? layout.Unified!;
        string leaf = Site.Leaves().First(l => l.StartsWith(mount + "/", StringComparison.Ordinal) && l.Contains($"{play.Cell:D}", StringComparison.Ordinal));
        await play.CleanUpAsync();
        return leaf;
    }

    private static bool HasOwn(string controller)
    {
        CgroupLayout layout = CgroupLayout.Read();
        return layout.V1.ContainsKey(controller) || File.ReadAllText(layout.Unified + "/cgroup.subtree_control").Contains(controller, StringComparison.Ordinal);
    }

    private static RoomLimits Limits(string name, long value) => name switch
    {
        "memory" => RoomLimits.None with { MemoryBytes = value },
        "swap" => RoomLimits.None with { SwapBytes = value },
        "pids" => RoomLimits.None with { Processes = value },
        "cpu-weight" => RoomLimits.None with { CpuWeight = value },
        "cpus" => RoomLimits.None with { MilliCpus = value },
        "io-weight" => RoomLimits.None with { IoWeight = value },
        _ => RoomLimits.None with { OpenFiles = value },
    };
}
