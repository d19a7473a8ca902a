using System.Text.Json;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>Promise: inside a batch job doctor tells by doing what each position would hold there, why the others are not taken, and leaves no cgroup in the job.</summary>
public sealed class DoctorTests
{
    [SkippableFact]
    public void InASlurmJobThePayloadWouldBeBesideTheStep()
    {
        Site.Require();
        BatchTree job = BatchTree.Read("slurm-v1", JobClient.PilotUid, ("/slurm/", "/slurm_isodoc/"), ("/slurm ", "/slurm_isodoc "), ("4711", "4731"));
        using Service.Tests.Service service = Service.Tests.Service.Start();
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        JobClient client = new(service, built);
        Outcome outcome = client.Ask(job, "doctor --json").Expect(1);
        JsonElement told = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal(("slurm", "4731", "cgroup"), (Text(told.GetProperty("job"), "system"), Text(told.GetProperty("job"), "id"), Text(told.GetProperty("job"), "evidence")));
        JsonElement survey = told.GetProperty("survey");
        Assert.Equal("beside", Text(survey, "position"));
        Dictionary<string, JsonElement> positions = survey.GetProperty("positions").EnumerateArray().ToDictionary(p => Text(p, "position"));
        string[] held = [.. positions["beside"].GetProperty("holds").EnumerateArray().Select(h => h.GetString()!)];
        Assert.Equal(["job-limits", "own-limits", "cgroup-proof"], held);
        // The step is its user's: below it there is no place of root's, and above it nothing that Slurm counts.
        Assert.DoesNotContain(positions["below"].GetProperty("holds").EnumerateArray(), h => h.GetString() == "job-accounting");
        Assert.Equal("beside is tried before it", Text(positions["below"], "whyNot"));
        Assert.True(positions["own"].GetProperty("possible").GetBoolean());
        Assert.Contains("job-limits", Text(positions["own"], "whyNot"), StringComparison.Ordinal);
        JsonElement[] missing = [.. told.GetProperty("findings").EnumerateArray().Where(f => Text(f, "state") == "missing")];
        Assert.Contains(missing, f => Text(f, "topic") == "placement" && Text(f, "what").Contains("job-accounting", StringComparison.Ordinal) && f.TryGetProperty("fix", out _));
        foreach (string hierarchy in job.Hierarchies)
            Assert.DoesNotContain(Until.Directories(built.DirectoryOf(hierarchy, job.Job!), 4), d => Path.GetFileName(d).StartsWith("cell-", StringComparison.Ordinal));

        string text = client.Ask(job, "doctor").Expect(1).Output;
        Assert.Matches(@"(?m)^beside +yes +job-limits, own-limits, cgroup-proof ", text);
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
