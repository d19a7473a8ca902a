using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: doctor tells a pilot, by doing, which position and level a payload would get, and anybody what is missing, also when nobody answers; it leaves nothing.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class DoctorTests(SharedService shared)
{
    [SkippableFact]
    public void APilotInNoJobIsToldItsPositionsAndThatNothingIsMissing()
    {
        Service service = shared.Get();
        JsonElement told = Json(service.Shell.Bash("$A doctor --json", seconds: 15), 0);
        Assert.True(told.GetProperty("ready").GetBoolean());
        JsonElement survey = told.GetProperty("survey");
        Assert.Equal("own", survey.GetProperty("position").GetString());
        Assert.Equal(["beside", "below", "own"], survey.GetProperty("positions").EnumerateArray().Select(p => p.GetProperty("position").GetString()!));
        Assert.Contains(told.GetProperty("levels").EnumerateArray(), l => l.GetProperty("level").GetString() == "setuid" && l.GetProperty("ready").GetBoolean());
        Assert.Contains("Nothing is missing.", service.Shell.Bash("$A doctor").Silent(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WhatItSaysIsWhatAPayloadGets()
    {
        Service service = shared.Get();
        string position = Json(service.Shell.Bash("$A doctor --json"), 0).GetProperty("survey").GetProperty("position").GetString()!;
        Assert.Equal(position, Json(service.Shell.Bash("$A policy explain --json -- true"), 0).GetProperty("survey").GetProperty("position").GetString());
        using Client client = service.Shell.StartPayload("sleep 60");
        Assert.Contains(position, service.Shell.Bash($"$ROOT show {client.Id}").Expect(0).Lines.Single(l => l.StartsWith("placement", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ManyAtOnceAreAllToldAndLeaveNothing()
    {
        Service service = shared.Get();
        string before = Slices();
        service.Shell.Bash("for i in $(seq 30); do $A doctor > /dev/null & $B doctor > /dev/null & done; wait", seconds: 60).Silent();
        Assert.Equal(before, Slices());

        string Slices() => string.Join('\n', Until.Directories("/sys/fs/cgroup", 3).Where(d => Path.GetFileName(d).StartsWith("cell-", StringComparison.Ordinal) && File.Exists(d + "/cgroup.procs")
            && new FileInfo(d).DirectoryName!.Contains(Slice(service), StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void AClaimWithoutACgroupIsMissingWithTheSettingThatMendsIt()
        => Assert.Contains("TaskPlugin=task/cgroup", Missing(Json(shared.Get().Shell.Bash("SLURM_JOB_ID=4711 $A doctor --json"), 1), "batch"), StringComparison.Ordinal);

    [SkippableFact]
    public void WhatAPilotMountedForItselfIsSaidNotToBeSeen()
    {
        JsonElement told = Json(shared.Get().Shell.Bash("unshare -m sh -c \"mount -t tmpfs own /mnt && exec $A doctor --json\""), 0);
        Assert.Contains(told.GetProperty("findings").EnumerateArray(), f => f.GetProperty("topic").GetString() == "mounts" && f.GetProperty("what").GetString()!.Contains("/mnt (tmpfs)", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void AnOperatorLearnsOfTheNodeAndAStrangerThatItIsNoPilot()
    {
        Service service = shared.Get();
        Assert.False(Json(service.Shell.Bash("$ROOT doctor --json"), 0).TryGetProperty("survey", out _));
        Assert.Contains("'pilots'", Missing(Json(service.Shell.Bash("$X doctor --json"), 1), "policy"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WhenNobodyAnswersItSaysWhatItSeesByItself()
    {
        Service service = shared.Get();
        Outcome told = service.Shell.Bash("$A --socket $WORK/nobody.sock doctor --json");
        JsonElement root = Json(told, 242);
        Assert.Contains("there is no socket", root.GetProperty("findings")[0].GetProperty("what").GetString(), StringComparison.Ordinal);
        Assert.Contains("isolationd --policy", Missing(root, "service"), StringComparison.Ordinal);
        Assert.Contains("missing", service.Shell.Bash("$A --socket $WORK/nobody.sock doctor").Expect(242).Output, StringComparison.Ordinal);
    }

    private static string Slice(Service service) => "isolation-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(service.Run)))[..8];

    private static JsonElement Json(Outcome outcome, int code) => JsonDocument.Parse(outcome.Expect(code).Output).RootElement;

    // The fix of what is missing.
    private static string Missing(JsonElement told, string topic)
        => told.GetProperty("findings").EnumerateArray().First(f => f.GetProperty("topic").GetString() == topic && f.GetProperty("state").GetString() == "missing").GetProperty("fix").GetString()!;
}
