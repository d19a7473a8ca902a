using System.Text.Json;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>
/// Promise: however a payload of a suspended job is ended, that is told in bounded time: as suspended where nothing in it can die before the job is
/// resumed (v1), as gone where it can (v2); and after the job is resumed nothing of it is left.
/// </summary>
public sealed class SuspendedEndingTests
{
    private static readonly string[] Stubborn = ["bash", "-c", "trap '' TERM HUP; (setsid sleep 81 &) ; touch $HOME/file; while :; do sleep 82; done"];

    [SkippableFact]
    public void ByItsWallLimit() => InSuspended("4731", "--limit wall=2s", "timed-out", _ => { });

    [SkippableFact]
    public void ByItsClientsDeath() => InSuspended("4732", "", "abandoned", (_, payload, job, _) =>
    {
        // In a freezer of v1 the client would not die either.
        if (job.IsV1)
            File.WriteAllText(Isolation.Linux.CgroupLayout.Read().V1["freezer"] + "/cgroup.procs", $"{payload.Client.Id}");
        payload.Client.Kill();
    });

    [SkippableFact]
    public void ByAClientThatIsKilledWhileItIsSuspendedItself()
    {
        Site.Require();
        SuspendableJob job = SuspendableJob.OfThisHost("4733");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job.Tree);
        JobPayload payload = JobPayload.Start(service, built, job.Tree, "", Stubborn);
        try
        {
            job.Suspend(built);
            payload.Client.Kill();
            if (job.IsV1)
            {
                Thread.Sleep(1500);
                Assert.True(HostProcess.IsAlive(payload.Pid));
            }
        }
        finally
        {
            job.Resume(built);
        }

        JsonElement record = payload.Ended(10);
        Assert.Equal("abandoned", record.GetProperty("ending").GetProperty("kind").GetString());
        Assert.Equal("cgroup", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        payload.Gone();
    }

    [SkippableFact]
    public void ByAnOperatorsSignal()
    {
        Site.Require();
        SuspendableJob job = SuspendableJob.OfThisHost("4734");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job.Tree);
        JobPayload payload = JobPayload.Start(service, built, job.Tree, "", Stubborn);
        try
        {
            job.Suspend(built);
            // Held back by either freezer.
            const string waits = "isolation: the batch system has suspended the payload's job: signal {0} was sent, and acts when the job is resumed.\n";
            Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, waits, 23), service.Shell.Bash($"timeout 10 $ROOT kill {payload.Id} --signal URG").Expect(0).Errors);
            Assert.Equal(
                job.IsV1 ? string.Format(System.Globalization.CultureInfo.InvariantCulture, waits, 9) : "", service.Shell.Bash($"timeout 10 $ROOT kill {payload.Id} --signal KILL").Expect(0).Errors);
            if (job.IsV1)
                Assert.True(HostProcess.IsAlive(payload.Pid));
            else
                Until.True(() => !HostProcess.IsAlive(payload.Pid), 5, () => "KILL does not reach a payload that is frozen\n" + service.Log);
        }
        finally
        {
            job.Resume(built);
        }

        JsonElement record = payload.Ended(10);
        Assert.Equal("killed-from-outside", record.GetProperty("ending").GetProperty("kind").GetString());
        Assert.Equal("cgroup", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        payload.Gone();
    }

    private static void InSuspended(string id, string options, string kind, Action<JobPayload> end) => InSuspended(id, options, kind, (_, payload, _, _) => end(payload));

    private static void InSuspended(string id, string options, string kind, Action<Service.Tests.Service, JobPayload, SuspendableJob, CgroupTree> end)
    {
        Site.Require();
        SuspendableJob job = SuspendableJob.OfThisHost(id);
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job.Tree);
        JobPayload payload = JobPayload.Start(service, built, job.Tree, options, Stubborn);
        try
        {
            job.Suspend(built);
            end(service, payload, job, built);
            JsonElement record = payload.Ended();
            Assert.Equal(kind, record.GetProperty("ending").GetProperty("kind").GetString());
            JsonElement processes = record.GetProperty("residue").GetProperty("processes"), scratch = record.GetProperty("residue").GetProperty("scratch");
            if (job.IsV1)
            {
                Assert.Contains("the batch job is suspended", processes.GetProperty("found").GetString(), StringComparison.Ordinal);
                Assert.True(scratch.TryGetProperty("found", out _));
                Assert.True(HostProcess.IsAlive(payload.Pid));
                Assert.NotEmpty(JobPayload.Leaves(payload.Id));
                Until.True(() => service.Log.Contains("is left: ", StringComparison.Ordinal), 5, () => service.Log);
                Thread.Sleep(2500); // while it is looked at
                Assert.True(Directory.Exists($"{service.State}/scratch/{payload.Id}"));
            }
            else
            {
                Assert.Equal("cgroup", processes.GetProperty("proven").GetString());
                Assert.Empty(HostProcess.OfUid(payload.Uid));
            }
        }
        finally
        {
            job.Resume(built);
        }

        payload.Gone();
        foreach (string word in new[] { "is left: ", "is gone." })
            Until.True(() => service.Log.Split(word).Length - 1 == (job.IsV1 ? 1 : 0), 5, () => $"'{word}' is not told once:\n{service.Log}");
    }
}
