using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Isolation.Slurm.Tests;

/// <summary>Promise: what Slurm suspends stands still, payload included, goes on when it is resumed, and can be cancelled or time out meanwhile; then it is told as suspended, and gone when the job is resumed.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class SuspensionTests(SharedCluster shared)
{
    private const string Busy = "sh -c 'trap \"\" TERM; while :; do :; done'";

    [SkippableFact]
    public void ItStandsStillGoesOnAndEndsWhenItIsCancelledWhileSuspended()
    {
        using Job job = Job.Submit(shared.Get(), $"$A run --status-file $STATUS -- {Busy}", shared.Service());
        JsonElement payload = job.AwaitPayload();
        int pid = payload.GetProperty("pid").GetInt32();
        Suspend(job, pid);
        long before = Ticks(pid);
        Thread.Sleep(1000);
        Assert.Equal(before, Ticks(pid));

        job.Control("resume");
        Until.True(() => Ticks(pid) > before + 10, 20, () => "it does not go on");

        Suspend(job, pid);
        job.Cancel();
        job.AwaitEnd(120);
        Assert.Equal("CANCELLED", job.State);
        Assert.Contains(Aftermath.Ending(Aftermath.Record(shared.Service(), payload)), (string[])["abandoned", "signaled"]);
        Aftermath.NothingIsLeft(shared.Service(), payload);
        Aftermath.SlurmIsTidy(job);
    }

    [SkippableFact]
    public void AWallLimitThatPassesWhileItIsSuspendedIsToldAndNothingIsLeftAfterTheResume()
    {
        using Job job = Job.Submit(shared.Get(), $"$A run --limit wall=8s --status-file $STATUS -- {Busy}; echo code $?; until [ -e $SLURM_JOB_ID.release ]; do sleep 0.1; done", shared.Service());
        JsonElement payload = job.AwaitPayload();
        int pid = payload.GetProperty("pid").GetInt32();
        Suspend(job, pid);
        var waited = Stopwatch.StartNew();
        JsonElement record = Aftermath.Record(shared.Service(), payload, 40);
        Assert.True(waited.Elapsed < Until.Deadline(40), $"the ending came after {waited.Elapsed}");
        Assert.Equal("timed-out", Aftermath.Ending(record));
        Assert.Contains("the batch job is suspended", record.GetProperty("residue").GetProperty("processes").GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.True(HostProcess.IsAlive(pid), "what is frozen cannot have died");

        job.Control("resume");
        Aftermath.NothingIsLeft(shared.Service(), payload, 10);
        job.AwaitOutput("code 247");
        job.Release();
        job.AwaitEnd();
        Assert.Equal("COMPLETED", job.State);
        Aftermath.SlurmIsTidy(job);
        // Another one gets another account: this one was left in quarantine.
        using Job next = Job.Submit(shared.Get(), "$A run -- id -u", shared.Service());
        next.AwaitEnd();
        Assert.NotEqual(payload.GetProperty("account").GetProperty("uid").GetUInt32(), uint.Parse(next.Output, CultureInfo.InvariantCulture));
        Aftermath.SlurmIsTidy(next);
    }

    [SkippableFact]
    public void AJobCancelledAfterAPayloadOfItTimedOutWhileSuspendedLeavesNothing()
    {
        using Job job = Job.Submit(shared.Get(), $"$A run --limit wall=8s --status-file $STATUS -- {Busy}; sleep 300", shared.Service());
        JsonElement payload = job.AwaitPayload();
        Suspend(job, payload.GetProperty("pid").GetInt32());
        Assert.Equal("timed-out", Aftermath.Ending(Aftermath.Record(shared.Service(), payload, 40)));
        job.Cancel();
        job.AwaitEnd(120);
        Aftermath.NothingIsLeft(shared.Service(), payload, 10);
        Aftermath.SlurmIsTidy(job);
    }

    private static void Suspend(Job job, int pid)
    {
        job.Control("suspend");
        Until.True(() => CgroupPlugin.OfThisHost.IsSuspended(pid), 20, () => "not frozen: " + HostProcess.Status(pid)["State"]);
    }

    // utime and stime, proc(5)
    private static long Ticks(int pid)
    {
        string[] fields = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
