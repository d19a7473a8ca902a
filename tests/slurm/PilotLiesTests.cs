using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Isolation.Slurm.Tests;

/// <summary>Promise: a pilot that meddles with the cgroups which Slurm gave it, or moves about among them, gets a clear ending or refusal for its payloads, a true record, and nothing of them stays.</summary>
[Collection(SharedClusterTests.Name)]
public sealed partial class PilotLiesTests(SharedCluster shared)
{
    private const string Paths = """
        M=/sys/fs/cgroup/memory$(grep :memory: /proc/self/cgroup | cut -d: -f3)
        F=/sys/fs/cgroup/freezer$(grep :freezer: /proc/self/cgroup | cut -d: -f3)

        """;

    [SkippableFact]
    public void ALeafThatWasRenamedAndReplacedWhileItsPayloadRunsGoesWithIt()
    {
        using Job job = Job.Submit(shared.Get(), Paths + """
            $A run --status-file $STATUS -- sh -c 'sleep 300' & until grep -q running $STATUS; do sleep 0.1; done
            L=$(basename $M/cell-*); mv $M/$L $M/hidden && mkdir $M/$L && echo replaced
            until [ -e $SLURM_JOB_ID.release ]; do sleep 0.1; done
            kill -9 $!; wait; sleep 2; ls -d $M/*/; rmdir $M/$L
            """, shared.Service());
        JsonElement payload = job.AwaitPayload();
        job.AwaitOutput("replaced");
        int pid = payload.GetProperty("pid").GetInt32();
        Assert.Contains("/hidden", File.ReadAllText($"/proc/{pid}/cgroup"), StringComparison.Ordinal);
        job.Release();
        job.AwaitEnd();
        JsonElement record = Aftermath.Record(shared.Service(), payload);
        Assert.Equal("abandoned", Aftermath.Ending(record));
        Assert.Equal("cgroup", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        Assert.DoesNotContain("hidden", job.Output, StringComparison.Ordinal);
        Aftermath.NothingIsLeft(shared.Service(), payload);
        Aftermath.SlurmIsTidy(job);
    }

    [SkippableFact]
    public void APilotInAFreezerCgroupOfItsOwnTakesNoPayloadOutOfTheStep()
    {
        using Job job = Job.Submit(shared.Get(), Paths + """
            mkdir $F/mine; sh -c "echo \$\$ > $F/mine/cgroup.procs; exec $A run --status-file $STATUS -- sleep 300" &
            until [ -e $SLURM_JOB_ID.release ]; do sleep 0.1; done
            """, shared.Service());
        JsonElement payload = job.AwaitPayload();
        string cgroups = File.ReadAllText($"/proc/{payload.GetProperty("pid").GetInt32()}/cgroup");
        Assert.Matches($":freezer:/.*/job_{job.Id}/step_batch\n", cgroups);
        job.Cancel();
        job.AwaitEnd(120);
        Assert.Contains(Aftermath.Ending(Aftermath.Record(shared.Service(), payload)), (string[])["abandoned", "signaled"]);
        Aftermath.NothingIsLeft(shared.Service(), payload);
        Clear(job);
    }

    [SkippableFact]
    public void APilotThatFreezesItsOwnCgroupWithItsClientInItHoldsUpNothing()
    {
        using Job job = Job.Submit(shared.Get(), Paths + """
            mkdir $F/mine; sh -c "echo \$\$ > $F/mine/cgroup.procs; exec $A run --limit wall=3s --status-file $STATUS -- sleep 300" &
            until grep -q running $STATUS; do sleep 0.1; done; echo FROZEN > $F/mine/freezer.state && echo frozen
            until [ -e $SLURM_JOB_ID.release ]; do sleep 0.1; done; echo THAWED > $F/mine/freezer.state; wait $!; echo code $?; rmdir $F/mine
            """, shared.Service());
        JsonElement payload = job.AwaitPayload();
        job.AwaitOutput("frozen");
        JsonElement record = Aftermath.Record(shared.Service(), payload);
        Assert.Equal("timed-out", Aftermath.Ending(record));
        Aftermath.NothingIsLeft(shared.Service(), payload);
        job.Release();
        job.AwaitEnd();
        Assert.Contains("code 247", job.Output, StringComparison.Ordinal);
        Aftermath.SlurmIsTidy(job);
    }

    // A payload either runs as if nothing had been done, or is not started, with a reason; never anything between.
    [SkippableTheory]
    [InlineData("remove")]
    [InlineData("rename")]
    [InlineData("replace")]
    public void LeavesThatAreTakenAwayWhilePayloadsStartRunAndEndGiveClearEndings(string how)
    {
        using Job job = Job.Submit(shared.Get(), Paths + $$"""
            /usr/bin/python3 $PAYLOADS/meddle.py {{how}} & MEDDLER=$!
            for i in 1 2 3 4 5 6; do $A run -- sh -c 'echo ran'; echo code $?; done
            kill $MEDDLER; wait $MEDDLER; sleep 2; ls -d $M/*/; echo over
            """, shared.Service());
        job.AwaitOutput("over");
        job.AwaitEnd(120);
        AssertClear(job, 6);
        Assert.Contains("done", job.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("/taken-", job.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("/cell-", job.Output, StringComparison.Ordinal);
        Aftermath.SlurmIsTidy(job);
    }

    [SkippableFact]
    public void AClientThatMovesAboutWhileItsPayloadStartsGetsAPlaceOrAReason()
    {
        using Job job = Job.Submit(shared.Get(), Paths + """
            mkdir $M/a $M/b $F/a $F/b
            for i in 1 2 3 4 5 6; do
                $A run -- sh -c 'echo ran' & C=$!
                while kill -0 $C; do for at in a b; do echo $C > $M/$at/cgroup.procs; echo $C > $F/$at/cgroup.procs; done; done 2> /dev/null
                wait $C; echo code $?
            done
            sleep 2; rmdir $M/a $M/b $F/a $F/b; ls -d $M/*/; echo over
            """, shared.Service());
        job.AwaitOutput("over");
        job.AwaitEnd(120);
        AssertClear(job, 6);
        Assert.DoesNotContain("/cell-", job.Output, StringComparison.Ordinal);
        Aftermath.SlurmIsTidy(job);
    }

    private static void AssertClear(Job job, int count)
    {
        int[] codes = [.. Code().Matches(job.Output).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(count, codes.Length);
        // 241 refused (no place), 244 a step of the sandbox failed.
        Assert.All(codes, code => Assert.True(code is 0 or 241 or 244, job.Output));
        Assert.Equal(codes.Count(c => c == 0), job.Output.Split('\n').Count(l => l == "ran"));
        Assert.Equal(codes.Count(c => c != 0), job.Output.Split('\n').Count(l => l.StartsWith("isolation: ", StringComparison.Ordinal)));
    }

    // A pilot that hides in cgroups of its own is not killed by Slurm and keeps all of Slurm's directories: nothing of the payload's doing.
    private static void Clear(Job job)
    {
        foreach (string file in job.Cgroups().Select(d => d + "/cgroup.procs"))
            foreach (string pid in File.ReadAllLines(file))
                HostProcess.Signal(int.Parse(pid, CultureInfo.InvariantCulture), 9);
        Until.True(() =>
        {
            foreach (string directory in job.Cgroups().OrderByDescending(d => d.Length))
                try
                {
                    Directory.Delete(directory);
                }
                catch (IOException)
                {
                    // not empty yet
                }

            return job.Cgroups().Length == 0;
        }, 10, () => string.Join(", ", job.Cgroups()));
    }

    [GeneratedRegex("^code ([0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex Code();
}
