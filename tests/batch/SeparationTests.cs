using System.Text.Json;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>Promise: of two pilots under one uid in two batch jobs neither can see or signal the other's payloads, whatever handle and environment it shows; the record says which job asked and how that is known.</summary>
public sealed class SeparationTests
{
    [SkippableFact]
    public void TwoJobsOfOneUidCannotTouchEachOthersPayloads()
    {
        // The service is disposed last: it wants to see the payloads gone.
        Site.Require();
        SuspendableJob host = SuspendableJob.OfThisHost("4721");
        BatchTree first = host.Tree, second = Slurm("4722");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, first, second);
        JobClient client = new(service, built);
        JsonElement payload = client.Run(first);
        string id = payload.GetProperty("id").GetString()!, handle = payload.GetProperty("handle").GetString()!;
        int pid = payload.GetProperty("pid").GetInt32();

        string[] lies = ["SLURM_JOB_ID=4721", $"ISOLATION_HANDLE={handle}"];
        foreach (string[]? environment in new[] { null, lies })
        {
            RefusedAsNotThere(client.Ask(second, $"show {id} --handle {handle}", environment: environment));
            RefusedAsNotThere(client.Ask(second, $"kill {id} --signal KILL --handle {handle}", environment: environment));
            Assert.DoesNotContain(id, client.Ask(second, $"ps --json --handle {handle}", environment: environment).Expect(0).Output, StringComparison.Ordinal);
        }

        // The same uid in no job.
        RefusedAsNotThere(service.Shell.Bash($"$A show {id} --handle {handle}"));
        RefusedAsNotThere(service.Shell.Bash($"SLURM_JOB_ID=4721 $A kill {id} --handle {handle}"));
        Assert.True(HostProcess.IsAlive(pid));

        // Elsewhere in the same job it is the same job.
        string step = first.Job + (host.IsV1 ? "/step_batch" : "/step_batch/slurm");
        Assert.Contains(id, client.Ask(first, $"ps --json --handle {handle}", below: step).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("slurm 4721", client.Ask(first, $"show {id} --handle {handle}", below: step).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("slurm 4721", service.Shell.Bash("$ROOT ps").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("in slurm 4721", service.Shell.Bash("$ROOT trace").Expect(0).Output, StringComparison.Ordinal);
        client.Ask(first, $"kill {id} --handle {handle}", below: step).Expect(0);
        Until.True(() => !HostProcess.IsAlive(pid), 10, () => "the payload lives\n" + service.Log);
    }

    [SkippableFact]
    public void APayloadStaysOfTheJobThatAskedForItWhereverItsClientGoes()
    {
        Site.Require();
        BatchTree first = Slurm("4724"), second = Slurm("4725");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, first, second);
        JobClient client = new(service, built);
        JsonElement payload = client.Run(first);
        string id = payload.GetProperty("id").GetString()!, handle = payload.GetProperty("handle").GetString()!;
        built.Move(HostProcess.All().Single(p => p.CommandLine.Contains(service.Programs + "/isolation ", StringComparison.Ordinal) && p.CommandLine.Contains(" run ", StringComparison.Ordinal)).Pid, second);
        RefusedAsNotThere(client.Ask(second, $"show {id} --handle {handle}"));
        client.Ask(first, $"show {id} --handle {handle}").Expect(0);
        Assert.True(HostProcess.IsAlive(payload.GetProperty("pid").GetInt32()));
    }

    [SkippableFact]
    public void ALyingEnvironmentChangesNothingAndIsRecordedAsAClaim()
    {
        Site.Require();
        BatchTree job = Slurm("4723");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        JobClient client = new(service, built);
        JsonElement lying = client.Admitted(client.Run(job, ["PBS_JOBID=99.elsewhere"]).GetProperty("id").GetString()!).GetProperty("pilot").GetProperty("job");
        Assert.Equal("slurm", lying.GetProperty("system").GetString());
        Assert.Equal("4723", lying.GetProperty("id").GetString());
        Assert.Equal("cgroup", lying.GetProperty("evidence").GetString());
        Assert.Equal(job.Job, lying.GetProperty("cgroup").GetString());
        Assert.Equal("pbs", lying.GetProperty("claim").GetProperty("system").GetString());
        Assert.Equal("99.elsewhere", lying.GetProperty("claim").GetProperty("id").GetString());
        string key = lying.GetProperty("key").GetString()!;
        Assert.StartsWith("cgroup:", key, StringComparison.Ordinal);

        JsonElement honest = client.Admitted(client.Run(job).GetProperty("id").GetString()!).GetProperty("pilot").GetProperty("job");
        Assert.Equal(key, honest.GetProperty("key").GetString());

        using Client outside = service.Shell.StartPayload("sleep 600", "--env X=1");
        Assert.Equal("""{"key":"none"}""", client.Admitted(outside.Id).GetProperty("pilot").GetProperty("job").GetRawText());
    }

    [SkippableFact]
    public void TwoTrackingGroupsAreTwoJobs()
    {
        Site.Require();
        uint uid = JobClient.PilotUid;
        BatchTree first = BatchTree.Read("sge-tracking-group", uid), second = BatchTree.Read("sge-tracking-group", uid, ("20017", "20018"), ("3000123", "3000124"));
        using Service.Tests.Service service = Service.Tests.Service.Prepare(JobClient.Policy);
        service.Arguments.AddRange(["--tracking-groups", first.Ranges]);
        service.Launch();
        using CgroupTree built = CgroupTree.Build(uid, first, second);
        JobClient client = new(service, built);
        JsonElement payload = client.Run(first);
        string id = payload.GetProperty("id").GetString()!, handle = payload.GetProperty("handle").GetString()!;
        RefusedAsNotThere(client.Ask(second, $"show {id} --handle {handle}"));
        client.Ask(first, $"show {id} --handle {handle}").Expect(0);
        JsonElement job = client.Admitted(id).GetProperty("pilot").GetProperty("job");
        // Kept, so that the batch system finds, counts and kills the payload.
        Assert.Contains("20017", File.ReadAllText($"/proc/{payload.GetProperty("pid").GetInt32()}/status").Split('\n').First(l => l.StartsWith("Groups:", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("group:20017", job.GetProperty("key").GetString());
        Assert.Equal("tracking-group", job.GetProperty("evidence").GetString());
        Assert.Equal(20017, job.GetProperty("trackingGroup").GetInt32());
        Assert.Equal("3000123.4", job.GetProperty("claim").GetProperty("id").GetString());
    }

    private static BatchTree Slurm(string id) => SuspendableJob.OfThisHost(id).Tree;

    private static void RefusedAsNotThere(Outcome outcome)
    {
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains("no such payload", outcome.Errors, StringComparison.Ordinal);
    }
}
