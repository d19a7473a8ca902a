using System.Text.Json;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>Promise: inside a batch job doctor tells by doing what each position would hold there, why the others are not taken, and leaves no cgroup in the job.</summary>
public sealed class DoctorTests
{
    [SkippableFact]
    public void InASlurmJobThePayloadWouldBeBelowItsTask()
    {
        Site.Require();
        BatchTree job = BatchTree.Read("slurm-v1", JobClient.PilotUid, ("/slurm/", "/slurm_isodoc/"), ("/slurm ", "/slurm_isodoc "), ("4711", "4731"));
        using Service.Tests.Service service = Service.Tests.Service.Start();
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        JobClient client = new(service, built);
        JsonElement told = JsonDocument.Parse(client.Ask(job, "doctor --json").Expect(0).Output).RootElement;
        Assert.Equal(("slurm", "4731", "cgroup"), (Text(told.GetProperty("job"), "system"), Text(told.GetProperty("job"), "id"), Text(told.GetProperty("job"), "evidence")));
        JsonElement survey = told.GetProperty("survey");
        Assert.Equal("below", Text(survey, "position"));
        Dictionary<string, JsonElement> positions = survey.GetProperty("positions").EnumerateArray().ToDictionary(p => Text(p, "position"));
        Assert.Equal(["job-limits", "own-limits", "cgroup-proof"], Held(positions["beside"]));
        Assert.Equal("below holds more of what is wanted", Text(positions["beside"], "whyNot"));
        Assert.Equal(["job-limits", "job-accounting", "own-limits", "cgroup-proof"], Held(positions["below"]));
        Assert.Equal(["own-limits", "cgroup-proof"], Held(positions["own"]));
        Assert.Equal("does not hold job-limits", Text(positions["own"], "whyNot"));
        foreach (string hierarchy in job.Hierarchies)
            Assert.DoesNotContain(Until.Directories(built.DirectoryOf(hierarchy, job.Job!), 4), d => Path.GetFileName(d).StartsWith("cell-", StringComparison.Ordinal));

        Assert.Matches(@"(?m)^below +yes +job-limits, job-accounting, own-limits, cgroup-proof ", client.Ask(job, "doctor").Expect(0).Output);
    }

    [SkippableFact]
    public void InAnHtcondorJobOfV1NothingIsAboveThePilotAndItsUserIsTold()
    {
        Site.Require();
        BatchTree job = BatchTree.Read("htcondor-v1", JobClient.PilotUid);
        using Service.Tests.Service service = Service.Tests.Service.Start();
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        JsonElement told = JsonDocument.Parse(new JobClient(service, built).Ask(job, "doctor --json").Expect(0).Output).RootElement;
        JsonElement[] positions = [.. told.GetProperty("survey").GetProperty("positions").EnumerateArray()];
        Assert.Equal([false, true, true], positions.Select(p => p.GetProperty("possible").GetBoolean()));
        Assert.Equal("no cgroup of the job is above the pilot's", Text(positions[0], "whyNot"));
        Assert.Equal("below", Text(told.GetProperty("survey"), "position"));
        Assert.Contains(told.GetProperty("findings").EnumerateArray(), f => Text(f, "topic") == "batch" && f.TryGetProperty("fix", out JsonElement fix) && fix.GetString()!.Contains("'must'", StringComparison.Ordinal));
    }

    private static string[] Held(JsonElement position) => [.. position.GetProperty("holds").EnumerateArray().Select(h => h.GetString()!)];

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
