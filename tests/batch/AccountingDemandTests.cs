using System.Text.Json;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>
/// Promise: where policy demands that the batch system counts each payload, one with a limit that holds only where it is not counted is not
/// started, and told why; one without is where it is counted.
/// </summary>
public sealed class AccountingDemandTests
{
    private const int Unavailable = 242;

    [SkippableFact]
    public void InATaskOfSlurmOnV2AMemoryLimitAndTheJobsAccountingExcludeEachOther()
    {
        Site.Require();
        Skip.IfNot(MeasuredPlaces.IsUnified, "this host has controllers in v1 hierarchies, where a leaf below a task has limits of its own");
        BatchTree job = BatchTree.Read("slurm-v2-22.05", JobClient.PilotUid, ("/system.slice", "/isotest.slice"));
        using Service.Tests.Service service = Service.Tests.Service.Start(Site.Policy + "\nplacement: { must: [job-limits, job-accounting] }\n");
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);

        Outcome refused = new JobClient(service, built).Ask(job, "run --limit memory=50MiB -- true");
        Assert.Equal(Unavailable, refused.Code);
        Assert.Contains("beside: does not hold job-accounting", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("below: memory: the place has no controller memory", refused.Errors, StringComparison.Ordinal);

        JobPayload payload = JobPayload.Start(service, built, job, "", "sleep", "1");
        JsonElement placement = payload.Told.GetProperty("placement");
        Assert.Equal("below", placement.GetProperty("position").GetString());
        Assert.Equal(["job-limits", "job-accounting", "cgroup-proof"], placement.GetProperty("holds").EnumerateArray().Select(h => h.GetString()));
        Assert.StartsWith(job.PilotIn("unified") + "/cell-", payload.Told.GetProperty("cgroup").GetString(), StringComparison.Ordinal);
        payload.Ended();
        payload.Gone();
    }
}
