using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>
/// Promise: a pilot and its own payloads are strangers to each other, and so are payloads of one pilot and of two jobs under one uid: with id, handle and
/// pid in hand none can signal, show or collect another through the service, nor through the kernel but what shares a sticky account.
/// </summary>
public sealed class OwnPayloadTests
{
    [SkippableFact]
    public void APayloadGetsNothingThroughTheServiceWhateverItKnows()
    {
        Site.Require();
        BatchTree job = Job("4751");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        JobPayload victim = JobPayload.Start(service, built, job, "", "sleep", "600");
        JobClient client = new(service, built);
        foreach (string words in new[] { $"show {victim.Id} --handle {victim.Handle}", $"kill {victim.Id} --signal KILL --handle {victim.Handle}", $"ps --handle {victim.Handle}", "run -- true", "status" })
        {
            Outcome inside = client.Ask(job, $"run -- {service.Programs}/isolation --socket {service.Socket} {words}");
            Assert.True(inside.Code != 0, $"{words}: {inside.Output}");
            Assert.DoesNotContain(victim.Id, inside.Output, StringComparison.Ordinal);
        }

        Assert.True(HostProcess.IsAlive(victim.Pid));
        client.Ask(job, $"kill {victim.Id} --signal KILL --handle {victim.Handle}").Expect(0);
        Assert.Equal("signaled", victim.Ended().GetProperty("ending").GetProperty("kind").GetString());
    }

    [SkippableFact]
    public void PilotPayloadAndCellInitCannotSignalOrTraceEachOther()
    {
        Site.Require();
        BatchTree job = Job("4752");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        JobPayload payload = JobPayload.Start(service, built, job, "", "sleep", "600"), other = JobPayload.Start(service, built, job, "", "sleep", "600");
        int cellInit = HostProcess.Parent(payload.Pid);
        Assert.NotEqual(payload.Uid, other.Uid);
        // From the pilot's place, then from a payload's.
        string probe = $"for p in {payload.Pid} {other.Pid} {cellInit} {payload.Client.Id}; do kill -KILL $p 2>/dev/null && echo killed $p; (cat /proc/$p/mem /proc/$p/environ > /dev/null) 2>/dev/null && echo read $p; done; echo over";
        JobClient client = new(service, built);
        File.WriteAllText($"{service.Work}/probe.sh", probe);
        Assert.Equal("over\n", client.Ask(job, $"run -- sh {service.Work}/probe.sh").Expect(0).Output);
        File.WriteAllText($"{service.Work}/probe.sh", probe.Replace($" {payload.Client.Id};", ";", StringComparison.Ordinal));
        using System.Diagnostics.Process pilot = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "setpriv", [$"--reuid={JobClient.PilotUid}", $"--regid={JobClient.PilotUid}", "--clear-groups", "sh", $"{service.Work}/probe.sh"]) { RedirectStandardOutput = true })!;
        Assert.Equal("over\n", pilot.StandardOutput.ReadToEnd());
        Assert.True(HostProcess.IsAlive(payload.Pid) && HostProcess.IsAlive(other.Pid) && HostProcess.IsAlive(cellInit));
    }

    [SkippableFact]
    public void PayloadsOfOneStickyAccountInTwoJobsShareItAndNothingElse()
    {
        Site.Require();
        BatchTree first = Job("4753"), second = Job("4754");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, first, second);
        JobPayload victim = JobPayload.Start(service, built, first, "--claim /sticky/heidi", "sleep", "600");
        JobClient client = new(service, built);
        int cellInit = HostProcess.Parent(victim.Pid);
        // Through the service, and through the kernel at what is not the account's.
        foreach (string words in new[] { $"show {victim.Id} --handle {victim.Handle}", $"kill {victim.Id} --handle {victim.Handle}" })
        {
            Outcome inside = client.Ask(second, $"run --claim /sticky/heidi -- {service.Programs}/isolation --socket {service.Socket} {words}");
            Assert.True(inside.Code != 0, inside.Output);
            Assert.DoesNotContain(victim.Id, inside.Output, StringComparison.Ordinal);
        }

        Assert.NotEqual(0, client.Ask(second, $"run --claim /sticky/heidi -- kill -KILL {cellInit}").Code);
        JobPayload beside = JobPayload.Start(service, built, second, "--claim /sticky/heidi", "sleep", "600");
        Assert.Equal(victim.Uid, beside.Uid);
        // The ending of one takes nothing of the other along.
        beside.Client.Kill();
        Assert.Equal("cgroup", beside.Ended().GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        Assert.Equal([victim.Pid], HostProcess.OfUid(victim.Uid));
    }

    [SkippableFact]
    public void AnEndingIsCollectedByNobodyElse()
    {
        Site.Require();
        BatchTree first = Job("4755"), second = Job("4756");
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, first, second);
        JobPayload payload = JobPayload.Start(service, built, first, "", "sh", "-c", "read line; exit 9");
        JobClient client = new(service, built);
        payload.Client.StandardInput.Close();
        Assert.True(payload.Client.WaitForExit(Until.Deadline(20)));
        Assert.Equal(9, payload.Client.ExitCode);
        payload.Ended();
        foreach (string words in new[] { $"show {payload.Id} --handle {payload.Handle}", $"trace --payload {payload.Id}", $"kill {payload.Id} --handle {payload.Handle}" })
        {
            Outcome answer = client.Ask(second, words);
            Assert.True(answer.Code != 0, $"{words}: {answer.Output}");
            Assert.DoesNotContain("exited", answer.Output, StringComparison.Ordinal);
        }
    }

    private static BatchTree Job(string id) => SuspendableJob.OfThisHost(id).Tree;
}
