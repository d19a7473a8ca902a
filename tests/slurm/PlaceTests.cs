using System.Diagnostics;
using System.Globalization;

namespace Isolation.Slurm.Tests;

/// <summary>
/// Promise: what placement on cgroup v1 relies on holds in Slurm: a process of another account in a child of the job's memory cgroup and directly
/// in its other cgroups is counted, suspended and killed with the job, and Slurm's cleaning up needs that child gone within milliseconds.
/// </summary>
[Collection(SharedClusterTests.Name)]
public sealed class PlaceTests(SharedCluster shared)
{
    private const string Leaf = "cell-of-a-test";
    private const long MiB = 1 << 20;
    private const string UntilReleased = "until [ -e $SLURM_JOB_ID.release ]; do sleep 0.1; done";

    [SkippableFact]
    public void ItIsCounted()
    {
        using Job job = Start(UntilReleased);
        using Process payload = Place(job, "/usr/bin/python3", "burn.py", "150", "4", "2");
        Assert.True(payload.WaitForExit(Until.Deadline(60)), "the load takes too long");
        Assert.Equal(("", 0), (payload.StandardError.ReadToEnd(), payload.ExitCode));
        double told = double.Parse(payload.StandardOutput.ReadToEnd().Split(' ')[1], CultureInfo.InvariantCulture);
        Directory.Delete(job.Cgroups().Single(d => d.EndsWith("/" + Leaf, StringComparison.Ordinal)));
        job.Release();
        job.AwaitEnd();
        StepAccount account = job.Account("batch");
        Assert.InRange(account.Cpu.TotalSeconds, told - 2, told + 1);
        Assert.InRange(account.MaxRss, 150 * MiB, 175 * MiB);
        Assert.Empty(job.Cgroups());
    }

    [SkippableFact]
    public void ItIsKilledWithTheJobAndHearsNoOtherSignal()
    {
        using Job job = Start("trap 'echo heard' USR1; sleep 1 & wait; while :; do sleep 0.1; done");
        using Process payload = Place(job, "/usr/bin/python3", "ticks.py");
        Assert.StartsWith("tick", payload.StandardOutput.ReadLine(), StringComparison.Ordinal);
        job.Cancel("--full", "--signal=USR1");
        job.AwaitOutput("heard");
        job.Cancel();
        Assert.True(payload.WaitForExit(Until.Deadline(60)), "alive after scancel");
        Assert.DoesNotContain("signal", payload.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(128 + 9, payload.ExitCode);
        job.AwaitEnd();
        Clear(job);
    }

    [SkippableFact]
    public void ItIsSuspendedAndResumedWithTheJob()
    {
        using Job job = Start("sleep 60");
        using Process payload = Place(job, "/usr/bin/python3", "ticks.py");
        payload.StandardOutput.ReadLine();
        job.Control("suspend");
        Until.True(() => HostProcess.Status(payload.Id)["State"].StartsWith('D'), 20, () => "not frozen: " + HostProcess.Status(payload.Id)["State"]);
        Thread.Sleep(1200);
        job.Control("resume");
        Until.True(() => !HostProcess.Status(payload.Id)["State"].StartsWith('D'), 5, () => "not thawed");
        double before = 0, longest = 0;
        while (longest < 1 && payload.StandardOutput.ReadLine() is { } line)
        {
            double now = double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
            (longest, before) = (before > 0 ? Math.Max(longest, now - before) : 0, now);
        }

        Assert.InRange(longest, 1, 5);
        job.Control("suspend");
        job.Cancel();
        Assert.True(payload.WaitForExit(Until.Deadline(60)), "a suspended job that was cancelled keeps it");
        job.AwaitEnd();
        Clear(job);
    }

    [SkippableFact]
    public void TheJobsMemoryLimitHoldsForItAndSlurmDoesNotCallTheJobOutOfMemory()
    {
        using Job job = Start(UntilReleased);
        using Process payload = Place(job, "/usr/bin/python3", "burn.py", "700", "0", "0");
        Assert.True(payload.WaitForExit(Until.Deadline(60)), "the load takes too long");
        Assert.Equal(128 + 9, payload.ExitCode);
        job.Release();
        job.AwaitEnd();
        Clear(job);
        // Slurm reads oom_kill of its own task_N and step only, and the kernel counts a kill where the victim was: in the leaf.
        Assert.Equal("COMPLETED", job.Account("batch").State);
    }

    [SkippableFact]
    public void WhatItHoldsAboveItsOwnLimitIsNotTheJobsAffair()
    {
        using Job job = Start(UntilReleased);
        using Process payload = Place(job, "/usr/bin/python3", "burn.py", limit: 100 * MiB, "200", "0", "0");
        Assert.True(payload.WaitForExit(Until.Deadline(60)), "the load takes too long");
        Assert.Equal(128 + 9, payload.ExitCode);
        job.Release();
        job.AwaitEnd();
        Clear(job);
        Assert.Equal("COMPLETED", job.Account("batch").State);
    }

    [SkippableFact]
    public void ThePilotCanRenameTheLeafButNotEmptyIt()
    {
        using Job job = Start("""
            M=/sys/fs/cgroup/memory$(grep :memory: /proc/self/cgroup | cut -d: -f3)
            until grep -q . $M/cell-of-a-test/cgroup.procs 2> /dev/null; do sleep 0.1; done
            P=$(cat $M/cell-of-a-test/cgroup.procs); mkdir $M/mine
            try() { if "$@" 2> /dev/null; then echo can $1; else echo cannot $1; fi; }
            pull() { echo $P > $M/mine/cgroup.procs; }
            push() { echo $$ > $M/cell-of-a-test/cgroup.procs; }
            remove() { rmdir $M/cell-of-a-test; }
            freeze() { echo FROZEN > /sys/fs/cgroup/freezer$(grep :freezer: /proc/self/cgroup | cut -d: -f3)/freezer.state; }
            rename() { mv $M/cell-of-a-test $M/renamed; }
            for what in pull push remove freeze rename; do try $what; done; rmdir $M/mine; echo done
            """);
        using Process payload = Place(job, "/usr/bin/python3", "ticks.py");
        job.AwaitOutput("done");
        payload.Kill();
        job.AwaitEnd();
        Clear(job);
        Assert.Equal("ready\ncannot pull\ncannot push\ncannot remove\ncannot freeze\ncan rename\ndone\n", job.Output);
    }

    [SkippableFact]
    public void ALeafThatStaysAfterTheStepKeepsItsCgroupsForEver()
    {
        using Job job = Start("sleep 60");
        using Process payload = Place(job, "/usr/bin/python3", "ticks.py");
        payload.StandardOutput.ReadLine();
        job.Cancel();
        job.AwaitEnd();
        string[] left = job.Cgroups();
        Clear(job);
        Assert.Equal(4, left.Length);
        Assert.All(left, d => Assert.StartsWith("/sys/fs/cgroup/memory/", d, StringComparison.Ordinal));
    }

    private Job Start(string script)
    {
        Job job = Job.Submit(shared.Get(), "echo ready\n" + script);
        job.AwaitOutput("ready");
        return job;
    }

    // As root puts it there; a uid that no account has.
    private Process Place(Job job, string program, string file, params string[] arguments) => Place(job, program, file, limit: -1, arguments);

    private Process Place(Job job, string program, string file, long limit, params string[] arguments)
    {
        string folder = shared.Get().Files.Root + "/payloads/";
        ProcessStartInfo start = new("/bin/bash",
            [folder + "beside.sh", Text(job.BatchProcesses()[0]), Leaf, Text(limit), Text(Site.LastUid), program, folder + file, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    // Whoever made the leaf removes what Slurm gave up, upwards from it.
    private static void Clear(Job job)
    {
        foreach (string directory in job.Cgroups().OrderByDescending(d => d.Length))
            Directory.Delete(directory);
        Assert.Empty(job.Cgroups());
    }
}
