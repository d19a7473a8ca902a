using System.Text.Json;

namespace Isolation.Slurm.Tests;

using Service = Isolation.Service.Tests.Service;

/// <summary>Promise: a payload of a Slurm job runs, tells the job its exit code, and is over when the job is, however the job ends; the ending is recorded and Slurm can clean up.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class JobTests(SharedCluster shared)
{
    // Ignores what a pilot's batch system sends first.
    private const string Stubborn = "sh -c 'trap \"\" TERM HUP INT; sleep 300 & wait; sleep 300'";

    // The position `own` holds none of a job's limits; only that it runs and ends is asked here.
    private const string Policy = Site.Policy + "\nplacement: { must: [], want: [job-limits, job-accounting, own-limits, cgroup-proof] }\n";

    [SkippableTheory]
    [InlineData("")]
    [InlineData("srun ")]
    public void ThePayloadsExitCodeIsTheJobs(string step)
    {
        Cluster cluster = shared.Get();
        using Service service = Service.Start(Policy);
        using Job job = Job.Submit(cluster, $"{step}$A run -- sh -c 'id -u; exit 7'; exit $?", service);
        job.AwaitEnd();
        Assert.Equal("7:0", job.ExitCode);
        Assert.InRange(uint.Parse(job.Output.Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture), Site.FirstUid, Site.LastUid);
        Assert.Empty(job.Cgroups());
    }

    [SkippableFact]
    public void ACancelledJobsTermReachesThePayloadThroughItsClient()
    {
        Cluster cluster = shared.Get();
        using Service service = Service.Start(Policy);
        using Job job = Job.Submit(cluster, "exec $A run --status-file $STATUS -- sh -c 'trap \"echo heard; exit 3\" TERM; echo ready; while :; do sleep 0.1; done'", service);
        job.AwaitOutput("ready");
        JsonElement payload = job.AwaitPayload();
        job.Cancel();
        AssertEnds(service, job, payload, "CANCELLED", "exited");
        Assert.Contains("heard", job.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ACancelledJobEndsAPayloadThatIgnoresItsSignals()
    {
        Cluster cluster = shared.Get();
        using Service service = Service.Start(Policy);
        using Job job = Job.Submit(cluster, $"$A run --status-file $STATUS -- {Stubborn}", service);
        JsonElement payload = job.AwaitPayload();
        job.Cancel();
        AssertEnds(service, job, payload, "CANCELLED", "abandoned");
    }

    [SkippableFact]
    public void TheTimeLimitEndsThePayload()
    {
        Cluster cluster = shared.Get();
        using Service service = Service.Start(Policy);
        using Job job = Job.Submit(cluster, $"$A run --status-file $STATUS -- {Stubborn}", service);
        JsonElement payload = job.AwaitPayload();
        // Slurm counts limits in minutes; moving the job's end is the same limit, sooner.
        job.Control("update", "EndTime=now");
        AssertEnds(service, job, payload, "TIMEOUT", "abandoned");
    }

    [SkippableFact]
    public void AScriptThatLeavesItsClientBehindLeavesNoPayloadBehind()
    {
        Cluster cluster = shared.Get();
        using Service service = Service.Start(Policy);
        using Job job = Job.Submit(cluster, $"setsid $A run --status-file $STATUS -- {Stubborn} & until grep -q running $STATUS; do sleep 0.1; done; sleep 1; exit 0", service);
        JsonElement payload = job.AwaitPayload();
        AssertEnds(service, job, payload, "COMPLETED", "abandoned");
    }

    private static void AssertEnds(Service service, Job job, JsonElement payload, string state, string ending)
    {
        string id = payload.GetProperty("id").GetString()!;
        uint uid = payload.GetProperty("account").GetProperty("uid").GetUInt32();
        service.Slices.Add(payload.GetProperty("cgroup").GetString()!.Split('/')[1]);
        job.AwaitEnd(120);
        Assert.Equal(state, job.State);
        Until.True(() => HostProcess.OfUid(uid).Count == 0, 5, () => "the payload outlives its job\n" + service.Log);
        string record = "";
        Until.True(() => (record = service.Shell.Bash($"$ROOT trace --json --payload {id}").Output).Contains("\"ended\"", StringComparison.Ordinal), 20, () => "no ending is recorded\n" + service.Log);
        Assert.Contains($"\"{ending}\"", record, StringComparison.Ordinal);
        Assert.Contains($"\"system\":\"slurm\",\"id\":\"{job.Id}\",\"evidence\":\"cgroup\"", record, StringComparison.Ordinal);
        Until.True(() => job.Cgroups().Length == 0, 10, () => "Slurm could not remove " + string.Join(", ", job.Cgroups()));
    }
}
