using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: doctor tells what a payload of the caller's would get, names what is missing with its fix, and is bounded in time whatever the warden does.</summary>
public sealed class DoctorTests
{
    [Fact]
    public void APilotIsToldTheDecisionThePositionsAndTheLevels()
    {
        using Front front = new();
        using TestClient client = front.Connect();
        DiagnosedAnswer told = client.Ask<DiagnosedAnswer>(new DoctorRequest());
        Assert.True(told.Ready, string.Join('\n', told.Findings));
        Assert.Equal("own", told.Survey!.Position);
        WireSurveyedPosition beside = told.Survey.Positions[0];
        Assert.Equal(("beside", false, "the pilot is in no batch job"), (beside.Position, beside.Possible, beside.WhyNot));
        Assert.Equal(["job-limits", "job-accounting", "own-limits", "cgroup-proof"], told.Survey.Positions[1].Holds);
        Assert.True(told.Levels.Single(l => l.Level == "setuid").Ready);
        Assert.Contains(told.Findings, f => f is { Topic: "policy", State: "holds" } && f.What.Contains("'everybody'", StringComparison.Ordinal));
        Assert.Equal(["batch", "cgroups", "kernel", "ledger", "levels", "mounts", "placement", "policy", "service", "warden"], told.Findings.Select(f => f.Topic).Distinct().Order());
        Assert.Empty(front.Site.Records);
    }

    [Fact]
    public void WhatPolicyWantsAndNothingHoldsIsMissing()
    {
        using Front front = new();
        front.Warden.Answer = operation => operation == WardenOperation.Survey
            ? FakeWarden.Done(new SurveyedPlaces([
                new SurveyedPlace((byte)Position.Beside, 0, 0, 0, "/j gives none", "echo +memory", false), new SurveyedPlace((byte)Position.Own, 13, 0, 0, "", "", true)]).Write)
            : null;
        using TestClient client = front.Connect();
        DiagnosedAnswer told = client.Ask<DiagnosedAnswer>(new DoctorRequest());
        Assert.False(told.Ready);
        WireDiagnosis missing = told.Findings.Single(f => f.State == "missing");
        Assert.Equal(("placement", "own does not hold job-accounting, which policy wants"), (missing.Topic, missing.What));
        Assert.StartsWith("echo +memory Or: ", missing.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void NoPositionAtAllNamesThePolicysKeys()
    {
        using Front front = new();
        front.Warden.Answer = operation => operation == WardenOperation.Survey
            ? FakeWarden.Done(new SurveyedPlaces([new SurveyedPlace((byte)Position.Own, 12, 8, 0, "", "", true)]).Write)
            : null;
        using TestClient client = front.Connect();
        WireDiagnosis missing = client.Ask<DiagnosedAnswer>(new DoctorRequest()).Findings.Single(f => f.State == "missing");
        Assert.Contains("own: does not hold job-limits", missing.What, StringComparison.Ordinal);
        Assert.Contains("'must'", missing.Fix, StringComparison.Ordinal);
        Assert.Contains("'may-lose'", missing.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void AClaimThatNoCgroupShowsIsMissingWithTheBatchSystemsSettings()
    {
        using Front front = new();
        using TestClient client = front.Connect();
        DiagnosedAnswer told = client.Ask<DiagnosedAnswer>(new DoctorRequest { Environment = ["SLURM_JOB_ID=4\u001b2"u8.ToArray()] });
        WireDiagnosis batch = told.Findings.Single(f => f is { Topic: "batch", State: "missing" });
        Assert.Contains("TaskPlugin=task/cgroup", batch.Fix, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', batch.What);
        Assert.Equal(("slurm", "claim"), (told.Job!.System, told.Job.Evidence));
    }

    [Fact]
    public void WhoIsNoPilotIsSurveyedByNobody()
    {
        using Front front = new();
        front.Site.Pilots = false;
        using TestClient client = front.Connect();
        Assert.Null(client.Ask<DiagnosedAnswer>(new DoctorRequest()).Survey);
        Assert.DoesNotContain(WardenOperation.Survey, front.Warden.Asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AWardenThatRefusesOrTalksNonsenseIsTold(bool strange)
    {
        using Front front = new();
        front.Warden.Answer = operation => operation == WardenOperation.Survey ? strange ? FakeWarden.Done(w => w.U32(9)) : FakeWarden.Denied("surveys", "too many") : null;
        using TestClient client = front.Connect();
        DiagnosedAnswer told = client.Ask<DiagnosedAnswer>(new DoctorRequest());
        Assert.False(told.Ready);
        Assert.NotNull(told.Survey!.Why);
        Assert.NotNull(told.Survey.Fix);
        Assert.Equal("admit", client.Ask<ExplainedAnswer>(new ExplainRequest(new RunRequest { Command = ["x"u8.ToArray()] })).Decision);
    }

    [Fact]
    public void WhoAsksAgainAndAgainMakesNoRoomEachTime()
    {
        using Front front = new();
        using TestClient client = front.Connect();
        int before = front.Warden.Asked.Count(o => o == WardenOperation.Probe);
        for (int i = 0; i < 20; i++)
            client.Ask<DiagnosedAnswer>(new DoctorRequest());
        Assert.InRange(front.Warden.Asked.Count(o => o == WardenOperation.Probe) - before, 1, 10);
    }

    [Fact]
    public void AnEnvironmentThatIsNoneIsRefused()
    {
        using Front front = new();
        using TestClient client = front.Connect();
        Assert.Equal(ErrorCodes.BadRequest, client.Ask<ErrorAnswer>(new DoctorRequest { Environment = ["LANG=\0"u8.ToArray()] }).Code);
    }

    [Fact]
    public void ExplainTellsThePositionsForTheCallerItselfOnly()
    {
        using Front front = new();
        using TestClient client = front.Connect();
        var run = new RunRequest { Command = ["x"u8.ToArray()] };
        Assert.Equal("own", client.Ask<ExplainedAnswer>(new ExplainRequest(run)).Survey!.Position);
        if (Environment.IsPrivilegedProcess)
            Assert.Null(client.Ask<ExplainedAnswer>(new ExplainRequest(run, 1000)).Survey);
    }
}
