using System.Globalization;
using System.Text.Json;

namespace Isolation.Slurm.Tests;

/// <summary>
/// Promise: a payload of a Slurm job runs inside the job, tells it its exit code, and is over when the job is, however the job ends; the
/// ending is recorded, nothing of the payload stays and Slurm's cgroups go.
/// </summary>
[Collection(SharedClusterTests.Name)]
public sealed class JobTests(SharedCluster shared)
{
    // Ignores what a pilot's batch system sends first.
    private const string Stubborn = "sh -c 'trap \"\" TERM HUP INT; sleep 300 & wait; sleep 300'";

    // Slurm kills the payload as it kills its client; cell-init tells what it sees first.
    private static readonly string[] KilledWithTheJob = ["abandoned", "signaled"];

    [SkippableTheory]
    [InlineData("")]
    [InlineData("srun ")]
    public void ThePayloadsExitCodeIsTheJobs(string step)
    {
        using Job job = Job.Submit(shared.Get(), $"{step}$A run -- sh -c 'id -u; exit 7'; exit $?", shared.Service());
        job.AwaitEnd();
        Assert.Equal("7:0", job.ExitCode);
        Assert.InRange(uint.Parse(job.Output.Split('\n')[0], CultureInfo.InvariantCulture), Site.FirstUid, Site.LastUid);
        Aftermath.SlurmIsTidy(job);
    }

    [SkippableFact]
    public void ItIsInTheJobsCgroupsWithALeafBelowItsMemoryAndTheRecordSaysSo()
    {
        using Job job = Job.Submit(shared.Get(), "$A run --status-file $STATUS -- sh -c 'cat /proc/self/cgroup; sleep 1'", shared.Service());
        JsonElement payload = job.AwaitPayload();
        job.AwaitEnd();
        string leaf = Path.GetFileName(payload.GetProperty("cgroup").GetString()!);
        Dictionary<string, string> places = job.Output.Split('\n').Select(l => l.Split(':', 3)).Where(f => f.Length == 3).ToDictionary(f => f[1], f => f[2]);
        foreach ((string hierarchy, string place) in CgroupPlugin.OfThisHost.IsV2 ? UnifiedPlaces(leaf) : V1Places(leaf))
            Assert.EndsWith($"/job_{job.Id}/{place}", places[hierarchy], StringComparison.Ordinal);
        Assert.Equal("below", payload.GetProperty("placement").GetProperty("position").GetString());
        Aftermath.NothingIsLeft(shared.Service(), payload);
        Aftermath.SlurmIsTidy(job);
    }

    [SkippableFact]
    public void ACancelledJobsTermReachesThePayloadThroughItsClient()
    {
        using Job job = Job.Submit(shared.Get(),
            "exec $A run --status-file $STATUS -- sh -c 'trap \"echo heard; exit 3\" TERM; echo ready; while :; do sleep 0.1; done'", shared.Service());
        job.AwaitOutput("ready");
        JsonElement payload = job.AwaitPayload();
        job.Cancel();
        AssertEnds(job, "CANCELLED", payload, "exited");
        Assert.Contains("heard", job.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ACancelledJobEndsPayloadsThatIgnoreItsSignals()
    {
        const int count = 6;
        using Job job = Job.Submit(shared.Get(), $"for i in $(seq {count}); do $A run --status-file $STATUS.$i -- {Stubborn} & done; wait", shared.Service());
        JsonElement[] payloads = [.. Enumerable.Range(1, count).Select(i => job.AwaitPayload("." + i.ToString(CultureInfo.InvariantCulture)))];
        job.Cancel();
        foreach (JsonElement payload in payloads)
            AssertEnds(job, "CANCELLED", payload, KilledWithTheJob);
    }

    [SkippableFact]
    public void TheTimeLimitEndsThePayload()
    {
        using Job job = Job.Submit(shared.Get(), $"$A run --status-file $STATUS -- {Stubborn}", shared.Service());
        JsonElement payload = job.AwaitPayload();
        // Slurm counts limits in minutes; moving the job's end is the same limit, sooner. An end that has passed when Slurm reads it is refused.
        job.Control("update", "EndTime=now+5");
        AssertEnds(job, "TIMEOUT", payload, KilledWithTheJob);
    }

    [SkippableFact]
    public void AScriptThatLeavesItsClientBehindLeavesNoPayloadBehind()
    {
        using Job job = Job.Submit(shared.Get(),
            $"setsid $A run --status-file $STATUS -- {Stubborn} & until grep -q running $STATUS; do sleep 0.1; done; sleep 1; exit 0", shared.Service());
        AssertEnds(job, "COMPLETED", job.AwaitPayload(), KilledWithTheJob);
    }

    [SkippableFact]
    public void APayloadThatEndedLongBeforeItsJobLeavesNothingInIt()
    {
        using Job job = Job.Submit(shared.Get(), "$A run --status-file $STATUS -- true; echo over; until [ -e $SLURM_JOB_ID.release ]; do sleep 0.1; done", shared.Service());
        job.AwaitOutput("over");
        JsonElement payload = job.AwaitPayload();
        Aftermath.NothingIsLeft(shared.Service(), payload);
        Assert.NotEmpty(job.Cgroups());
        job.Release();
        AssertEnds(job, "COMPLETED", payload, "exited");
    }

    [SkippableFact]
    public void WhileTheServiceStandsStillAnEndedJobLeavesNothingToSlurm()
    {
        Isolation.Service.Tests.Service service = shared.Service();
        using Job job = Job.Submit(shared.Get(), $"$A run --status-file $STATUS -- {Stubborn}", service);
        JsonElement payload = job.AwaitPayload();
        HostProcess.Signal(service.Daemon.Id, 19);
        try
        {
            job.Cancel();
            job.AwaitEnd(120);
            Aftermath.SlurmIsTidy(job);
        }
        finally
        {
            HostProcess.Signal(service.Daemon.Id, 18);
        }

        AssertEnds(job, "CANCELLED", payload, KilledWithTheJob);
    }

    private static (string Hierarchy, string Place)[] UnifiedPlaces(string leaf) => [("", $"step_batch/user/task_0/{leaf}")];

    private static (string Hierarchy, string Place)[] V1Places(string leaf) =>
    [
        ("memory", $"step_batch/task_0/{leaf}"), ("freezer", "step_batch"), ("cpuacct", "step_batch/task_0"), ("cpuset", "step_batch"), ("devices", "step_batch/task_0"),
    ];

    private void AssertEnds(Job job, string state, JsonElement payload, params string[] endings)
    {
        job.AwaitEnd(120);
        Assert.Equal(state, job.State);
        JsonElement record = Aftermath.Record(shared.Service(), payload);
        Assert.Contains(Aftermath.Ending(record), endings);
        Assert.Equal("cgroup", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        Assert.Contains($"\"system\":\"slurm\",\"id\":\"{job.Id}\",\"evidence\":\"cgroup\"",
            shared.Service().Shell.Bash($"$ROOT trace --json --payload {payload.GetProperty("id").GetString()}").Output, StringComparison.Ordinal);
        Aftermath.NothingIsLeft(shared.Service(), payload);
        Aftermath.SlurmIsTidy(job);
    }
}
