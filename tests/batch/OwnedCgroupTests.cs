using System.Diagnostics;
using System.Text.Json;
using Isolation.Linux;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>
/// Promise: a pilot that owns cgroups of its job reaches no process of a payload: what it pulls at, renames, removes, freezes and moves about while payloads
/// are asked for, start, run and end, no payload outlives its ending, nothing is left, and no emptiness is on record that was not proven.
/// </summary>
public sealed class OwnedCgroupTests
{
    private const int Payloads = 4;
    private static readonly int[] Allowed = [5, 241, 242, 244, 245, 246, 249];

    // The owner of a directory may remove empty cgroups in it, and on v1 rename all; its own processes it may move wherever it owns the files.
    private static readonly string[] Harmless = ["move a client v1", "move a client v2", "rename v1", "remove v1", "remove v2", "make one's own threaded v2"];

    private const int NotAnEndingOfThePayload = 250; // driver.py
    private static readonly string[] Pulled = ["pull a process out v1", "pull a process out v2"];

    // What holds a payload: a process that ignores TERM, and another in a session of its own.
    private static readonly string[] Stubborn = ["bash", "-c", "trap '' TERM HUP; (setsid sleep 83 > /dev/null 2>&1 &) ; sleep 0.3; exit 5"];

    [SkippableTheory]
    [InlineData("htcondor-v2")]
    [InlineData("htcondor-v2-split")]
    [InlineData("slurm-v1")]
    [InlineData("slurm-v2-22.05")]
    public void NothingThatItDoesReachesAPayload(string name)
    {
        Site.Require();
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        Assert.DoesNotContain(Attacked(service, name, Allowed), Pulled.Contains);
    }

    // A leaf in a cgroup of the pilot's: what it pulls out of there runs on among its own processes, until the room ends. (One that
    // removes each leaf at once gets no payload into it.)
    [SkippableTheory]
    [InlineData("htcondor-v2")]
    [InlineData("htcondor-v2-split")]
    public void WhatItPullsOutOfALeafInItsOwnCgroupEndsWithTheRoom(string name)
    {
        RequirePositionsInV2();
        using Service.Tests.Service service = Service.Tests.Service.Start(Site.PrivatePolicy, place: "/opt");
        List<int> codes = [];
        Assert.Contains(Attacked(service, name, [.. Allowed, NotAnEndingOfThePayload], patient: true, codes), Pulled.Contains);
        JsonElement[] admitted = Records(service, "admitted"), records = Records(service, "ended");
        // One whose leaf it removes before there is a record gets into none, and its client is told that nothing has run.
        Assert.InRange(Payloads - records.Length, 0, Math.Min(1, codes.Count(code => code is 244 or NotAnEndingOfThePayload)));
        Assert.Equal(admitted.Select(Payload), records.Select(Payload));
        JsonElement[] endings = [.. records.Select(r => r.GetProperty("ending"))];
        Assert.Contains(endings, e => e.GetProperty("kind").GetString() == "exited");
        Assert.All(endings.Where(e => e.GetProperty("kind").GetString() == "setup-failed"), e => Assert.Contains("its pilot's, who has removed it", e.GetProperty("why").GetString(), StringComparison.Ordinal));
        Assert.All(records, record => Assert.Equal("pid namespace", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString()));
        Assert.Equal(admitted.Length, service.LedgerText().Split("\"position\":\"inside\"").Length - 1);
    }

    private static JsonElement[] Records(Service.Tests.Service service, string type)
        => [.. service.LedgerText().Split('\n').Where(l => l.Contains($"\"type\":\"{type}\"", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l).RootElement)];

    private static string? Payload(JsonElement record) => record.GetProperty("payload").GetString();

    // Orphans that have ended wait for cell-init beside the main process, which stays a zombie until its ending is known.
    [SkippableFact]
    public void InsideTheJobWhatAPayloadLeftIsSeenToBeOverBeforeItsFilesAreFetched()
    {
        RequirePositionsInV2();
        BatchTree job = Named("htcondor-v2");
        using Service.Tests.Service service = Service.Tests.Service.Start(Site.PrivatePolicy, place: "/opt");
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        Process client = built.Start(job, [
            service.Programs + "/isolation", "--socket", service.Socket, "run", "--out", $"result:{service.Work}/result", "--",
            "bash", "-c", "for i in 1 2 3; do (setsid sleep 83 > /dev/null 2>&1 &); done; sleep 0.3; echo fetched > result"]);
        string said = client.StandardError.ReadToEnd();
        Assert.True(client.WaitForExit(Until.Deadline(30)), service.Log);
        Assert.Equal((0, ""), (client.ExitCode, said));
        Assert.Equal("fetched\n", File.ReadAllText(service.Work + "/result"));
        Assert.Contains("\"position\":\"inside\"", service.LedgerText(), StringComparison.Ordinal);
        NothingLeft(service);
    }

    private static void RequirePositionsInV2()
    {
        Site.Require();
        Skip.IfNot(MeasuredPlaces.IsUnified, "needs a host of pure cgroup v2: where v1 hierarchies carry controllers, no leaf is in a job's v2 cgroup (the guest has one)");
    }

    // What it succeeded in, harmless or not.
    private static string[] Attacked(Service.Tests.Service service, string name, int[] allowed, bool patient = false, List<int>? codes = null)
    {
        BatchTree job = Named(name);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        Process attacker = Attack(built, job, patient);
        for (int i = 0; i < Payloads; i++)
        {
            // Every second one's client keeps its streams back, so that the leaf is empty for a while.
            string[] client = i % 2 == 0
                ? [service.Programs + "/isolation", "--socket", service.Socket, "run", "--"]
                : ["python3", AppContext.BaseDirectory + "/pilots/driver.py", "--hold", "0.7", "--"];
            int code = Ask(service, built, job, [.. client, .. Stubborn], allowed, $"payload {i}");
            codes?.Add(code);
        }

        attacker.StandardInput.Close();
        string said = attacker.StandardOutput.ReadToEnd();
        Assert.True(attacker.WaitForExit(Until.Deadline(10)));
        Assert.True(attacker.ExitCode == 0, attacker.StandardError.ReadToEnd());
        JsonElement counts = JsonDocument.Parse(said).RootElement;
        Assert.True(counts.GetProperty("tried").EnumerateObject().Where(p => p.Name.StartsWith("pull a process out", StringComparison.Ordinal)).Sum(p => p.Value.GetInt32()) > 0, said);
        string[] succeeded = [.. counts.GetProperty("succeeded").EnumerateObject().Select(p => p.Name)];
        Assert.Empty(succeeded.Except([.. Harmless, .. Pulled]));
        service.VerifyLedger();
        return succeeded;
    }

    [SkippableFact]
    public void AJobsCgroupIsNotRemovedUnderARunningPayloadAndItsEndingIsTold()
    {
        Site.Require();
        SuspendableJob host = SuspendableJob.OfThisHost("4741");
        BatchTree job = host.Tree;
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        JobPayload payload = JobPayload.Start(service, built, job, "", "sh", "-c", "read line; exit 5");
        MoveOut(built, job, payload.Client.Id);
        Assert.Contains(RemoveAll(built, job), Directory.Exists); // those that hold the payload
        Assert.True(HostProcess.IsAlive(payload.Pid));
        payload.Client.StandardInput.Close();
        JsonElement record = payload.Ended();
        Assert.Equal(5, record.GetProperty("ending").GetProperty("code").GetInt32());
        Assert.Equal("cgroup", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        payload.Gone();
    }

    [SkippableFact]
    public void AJobThatIsRemovedBetweenEntryAndStartGivesAClearEndingAndLeavesNothing()
    {
        Site.Require();
        BatchTree job = SuspendableJob.OfThisHost("4742").Tree;
        using Service.Tests.Service service = Service.Tests.Service.Start(JobClient.Policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        Process client = built.Start(job, ["python3", AppContext.BaseDirectory + "/pilots/driver.py", "--hold", "2", "--", "sleep", "84"], environment: [$"ISOLATION_SOCKET={service.Socket}"]);
        string entered = client.StandardError.ReadLine() + client.StandardError.ReadLine();
        Assert.Contains("\"entered\"", entered, StringComparison.Ordinal);
        MoveOut(built, job, client.Id);
        // From below, leaves included: as root can.
        string[] left = [.. RemoveAll(built, job).Where(Directory.Exists)];
        Task<string> told = client.StandardError.ReadToEndAsync();
        Assert.True(client.WaitForExit(Until.Deadline(30)), service.Log);
        Assert.True(left.Length > 0 || told.Result.Contains("setup-failed", StringComparison.Ordinal) || told.Result.Contains("\"exited\"", StringComparison.Ordinal), told.Result);
        if (left.Length == 0)
            Assert.DoesNotContain("\"started\"", told.Result, StringComparison.Ordinal);
        NothingLeft(service);
    }

    private static int Ask(Service.Tests.Service service, CgroupTree built, BatchTree job, string[] command, int[] allowed, string what)
    {
        Process client = built.Start(job, command, environment: [$"ISOLATION_SOCKET={service.Socket}"]);
        Task<string> output = client.StandardOutput.ReadToEndAsync(), errors = client.StandardError.ReadToEndAsync();
        Assert.True(client.WaitForExit(Until.Deadline(45)), $"{what} is not over\n{service.Log}");
        Assert.True(allowed.Contains(client.ExitCode), $"{what}: {client.ExitCode}\n{output.Result}\n{errors.Result}\n{service.Log}");
        NothingLeft(service);
        return client.ExitCode;
    }

    // Whoever's ending is on record has no process; leaf and scratch go soon after, if not before.
    private static void NothingLeft(Service.Tests.Service service)
    {
        uint[] uids = [.. Enumerable.Range(0, 100).Select(i => Site.FirstUid + (uint)i)];
        int[] alive = [.. HostProcess.All().Where(p => Uid(p.Pid) is uint uid && uids.Contains(uid)).Select(p => p.Pid)];
        Assert.True(alive.Length == 0, $"alive after their ending: {string.Join(' ', alive)}\n{service.Log}");
        Until.True(() => Left(service).Length == 0, 15, () => $"left: {string.Join(' ', Left(service))}\n{service.Log}");
    }

    private static string[] Left(Service.Tests.Service service) => [
        .. Until.Directories("/sys/fs/cgroup", 8).Where(d => Path.GetFileName(d) is string n && (n.StartsWith("cell-", StringComparison.Ordinal) || n.StartsWith("moved-cell-", StringComparison.Ordinal)) && IsOf(service, n)),
        .. Until.Directories(service.State + "/scratch", 1),
    ];

    private static bool IsOf(Service.Tests.Service service, string name) => service.LedgerText().Contains(name[(name.IndexOf("cell-", StringComparison.Ordinal) + 5)..], StringComparison.Ordinal);

    private static uint? Uid(int pid)
    {
        try
        {
            Dictionary<string, string> status = HostProcess.Status(pid);
            return status["State"][0] is 'Z' or 'X' ? null : uint.Parse(status["Uid"].Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static Process Attack(CgroupTree built, BatchTree job, bool isPatient)
    {
        CgroupLayout layout = CgroupLayout.Read();
        string Mount(string hierarchy) => hierarchy == "unified" ? layout.Unified! : layout.V1[hierarchy];
        Process attacker = built.Start(job, ["python3", AppContext.BaseDirectory + "/pilots/attacker.py", .. isPatient ? ["--patient"] : Array.Empty<string>(), .. job.Hierarchies.SelectMany(h => new[] { Mount(h), built.DirectoryOf(h, job.PilotIn(h)) })]);
        Assert.Equal("ready", attacker.StandardOutput.ReadLine());
        return attacker;
    }

    private static void MoveOut(CgroupTree built, BatchTree job, int pid)
    {
        foreach (string hierarchy in job.Hierarchies)
            File.WriteAllText(built.DirectoryOf(hierarchy, "/") + "/cgroup.procs", $"{pid}");
    }

    // What was tried to be removed, as a batch system does it: from below.
    private static string[] RemoveAll(CgroupTree built, BatchTree job)
    {
        string[] all = [.. job.Hierarchies.Select(h => built.DirectoryOf(h, job.Job!)).SelectMany(d => Until.Directories(d, 10).Append(d)).OrderByDescending(d => d.Length)];
        foreach (string directory in all)
            _ = Sys.TryRemoveDirectory(directory, out _);
        return all;
    }

    /// <summary>A name of its own, so that a Slurm on this host is left alone.</summary>
    private static BatchTree Named(string name)
        => BatchTree.Read(name, JobClient.PilotUid, ("/slurm/", "/slurm_isotest/"), ("/slurm ", "/slurm_isotest "), ("4711", "4740"), ("/system.slice/htcondor", "/isotest.slice/htcondor"), ("/system.slice/node7", "/isotest.slice/node7"), ("/system.slice ", "/isotest.slice "));
}
