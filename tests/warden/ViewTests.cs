using System.Diagnostics;
using System.Globalization;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>What a payload has, and what its cell-init keeps, once it runs: no capability but one, no descriptor too many, the pilot's ceilings.</summary>
public sealed class ViewTests(WardenFixture fixture) : OnSharedWarden(fixture)
{
    [SkippableFact]
    public async Task A_payload_has_no_capabilities_no_new_ones_and_no_signal_blocked()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exec grep -E '^(Cap|NoNewPrivs|Seccomp:|SigBlk|SigIgn)' /proc/self/status");
        string[] lines = (await play.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string field in new[] { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "SigBlk", "SigIgn" })
            Assert.Contains($"{field}:\t0000000000000000", lines);
        Assert.Contains("NoNewPrivs:\t1", lines);
        Assert.Contains("Seccomp:\t2", lines);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_payload_inherits_nothing_but_its_streams()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exec ls /proc/self/fd");
        Assert.Equal("0\n1\n2\n3\n", await play.Output); // 3 is ls's own
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task A_payload_makes_no_set_id_files()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("touch f; chmod 4755 f 2>/dev/null && echo made; chmod 2755 f 2>/dev/null && echo made; mkdir d && rm -r d && echo rest works");
        Assert.Equal("rest works\n", await play.Output);
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Limits_and_oom_score_of_the_pilot_are_the_payloads()
    {
        NeedsRoot();
        using Pilot pilot = Pilot.Start(before: ["sh", "-c", "echo 321 > /proc/self/oom_score_adj; exec prlimit --nofile=77:99 --core=0:0 --stack=4194304:8388608 --fsize=1000000:2000000 \"$@\"", "sh"]);
        using Play play = new(Front, pilot);
        _ = await play.RunAsync("cat /proc/self/oom_score_adj; exec cat /proc/self/limits");
        string output = await play.Output;
        Assert.StartsWith("321\n", output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText($"/proc/{pilot.Pid}/limits"), output[4..]);
        Assert.Matches("Max open files +77 +99 ", output);
        await play.CleanUpAsync();
    }

    [SkippableTheory]
    [InlineData(50, "50\n50\n")]
    [InlineData(80, "77\n80\n")]
    [InlineData(500, "77\n99\n")]
    public async Task A_limit_of_open_files_lowers_the_pilots_and_never_raises_it(long files, string expected)
    {
        NeedsRoot();
        using Pilot pilot = Pilot.Start(before: ["prlimit", "--nofile=77:99"]);
        using Play play = new(Front, pilot);
        _ = await play.RunAsync("ulimit -Sn; ulimit -Hn", limits: RoomLimits.None with { OpenFiles = files });
        Assert.Equal(expected, await play.Output);
        await play.CleanUpAsync();
    }

    // Each start of a child would copy its page tables, and each page that is written afterwards would cost a fault.
    [SkippableFact]
    public async Task The_heaps_of_warden_and_cell_init_stay_out_of_their_children()
    {
        NeedsRoot();
        using Play play = NewPlay();
        int payload = await play.RunAsync("exec sleep 60");
        Assert.InRange(Kept(Site.Pid), 64L << 10, long.MaxValue);
        Assert.InRange(Kept(int.Parse(Proc.Field(payload, "PPid"), CultureInfo.InvariantCulture)), 64L << 10, long.MaxValue);
        await play.SignalAsync(9);
        await play.CleanUpAsync();

        // Bytes in memory of what is not for children (VmFlags dc, proc_pid_smaps(5)).
        static long Kept(int pid)
        {
            (long kept, long resident) = (0, 0);
            foreach (string[] fields in File.ReadLines($"/proc/{pid}/smaps").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            {
                if (fields[0] == "Rss:")
                    resident = long.Parse(fields[1], CultureInfo.InvariantCulture) << 10;
                else if (fields[0] == "VmFlags:" && fields.Contains("dc"))
                    kept += resident;
            }

            return kept;
        }
    }

    [SkippableFact]
    public async Task After_the_start_every_thread_of_cell_init_has_one_capability_and_the_filter()
    {
        NeedsRoot();
        using Play play = NewPlay();
        _ = await play.RunAsync("exec sleep 60");
        int cellInit = Assert.Single(Site.CellInits());
        foreach (string field in new[] { "CapEff", "CapPrm" })
            Assert.All(Proc.ThreadFields(cellInit, field), caps => Assert.Equal(0UL, Mask(caps) & ~Capabilities.Kill));
        Assert.All(Proc.ThreadFields(cellInit, "CapInh"), caps => Assert.Equal(0UL, Mask(caps)));
        Assert.All(Proc.ThreadFields(cellInit, "Seccomp"), mode => Assert.Equal("2", mode));
        Assert.All(Proc.ThreadFields(cellInit, "NoNewPrivs"), set => Assert.Equal("1", set));
        Assert.All(Directory.GetFileSystemEntries($"/proc/{cellInit}/fd").Select(f => new FileInfo(f).LinkTarget!), target =>
        {
            Assert.DoesNotContain("/tasks", target, StringComparison.Ordinal);
            Assert.DoesNotContain("cgroup.procs", target, StringComparison.Ordinal);
            Assert.DoesNotContain("memfd", target, StringComparison.Ordinal);
        });
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Cell_init_is_closed_to_the_payload_account()
    {
        NeedsRoot();
        using Play play = NewPlay();
        using Play witness = NewPlay();
        _ = await play.RunAsync("exec sleep 60");
        int cellInit = Assert.Single(Site.CellInits());
        _ = await witness.RunAsync($"cd /proc/{cellInit}; readlink exe; readlink cwd; cat environ mem maps; ls fd; kill -0 {cellInit} && echo reached; kill -STOP {cellInit} && echo stopped; echo end");
        string[] lines = (await witness.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("end", Assert.Single(lines, line => !line.Contains("Permission denied", StringComparison.Ordinal) && !line.Contains("not permitted", StringComparison.Ordinal)));
        await witness.CleanUpAsync();
        await play.CleanUpAsync();
    }

    [SkippableFact]
    public async Task Cell_init_ended_by_force_ends_its_payload_and_the_ending_is_told_as_unknown()
    {
        NeedsRoot();
        using Play play = NewPlay();
        int pid = await play.RunAsync("(trap '' TERM HUP; setsid sleep 63 &); sleep 64");
        int cellInit = Assert.Single(Site.CellInits());
        using PidFd process = PidFd.TryOpen(cellInit, out _)!;
        process.Signal(9);
        ObservedEnding ending = await play.EndingAsync();
        Assert.Equal((EndedHow.Unknown, true), (ending.How, ending.IsEmpty));
        Assert.True(await Proc.WithinAsync(TimeSpan.FromSeconds(1), () => !Proc.IsAlive(pid)));
        await NothingOfAsync(Site.AccountId);
        Assert.Contains("unknown", Site.Ticket(play.Cell), StringComparison.Ordinal);
        await play.CleanUpAsync();
        Assert.Empty(Site.Leaves());
    }

    [SkippableFact]
    public async Task Cell_init_ended_by_force_before_its_payload_started_fails_what_is_asked_next()
    {
        NeedsRoot();
        using Play play = NewPlay();
        await play.ReadyAsync(Play.Command("/bin/true"));
        using PidFd process = PidFd.TryOpen(Assert.Single(Site.CellInits()), out _)!;
        process.Signal(9);
        Assert.NotEqual(PollEvents.None, Sys.Poll(process, PollEvents.In, 5000));
        Assert.Equal(WardenAnswer.Failed, (await play.StartAsync()).Kind);
        _ = await play.DestroyAsync();
        _ = await play.ForgetAsync();
    }

    [SkippableFact]
    public async Task A_stopped_cell_init_holds_up_its_own_cell_only()
    {
        NeedsRoot();
        using Play stopped = NewPlay();
        (await stopped.BuildAsync()).Done();
        using PidFd process = PidFd.TryOpen(Assert.Single(Site.CellInits()), out _)!;
        process.Signal(19);
        using Play other = NewPlay();
        Stopwatch watch = Stopwatch.StartNew();
        _ = await other.RunAsync("exit 0", Site.OtherAccountId);
        await other.CleanUpAsync();
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Proc.Deadline(3));
        Assert.All(await stopped.DestroyAsync(grace: 1000), f => Assert.NotEqual(FindingKind.Found, f.Kind));
    }

    private static ulong Mask(string hex) => ulong.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
