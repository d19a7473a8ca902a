using System.Diagnostics;
using System.Text.Json;
using Isolation.Linux;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>
/// Promise: a filter of devices on the pilot's cgroups is kept by the place of its payload, or the payload is refused with what to do, or policy names
/// the loss and the record tells it.
/// </summary>
public sealed class DeviceFilterPlaceTests
{
    private const string AsLongAsKept = Site.Policy + "\nplacement: { must: [], want: [] }\n";
    private const string Outside = Site.Policy + "\nplacement: { must: [], want: [cgroup-proof, own-limits], may-lose: [devices] }\nlimits: best-effort\n";
    private const string OpenFull = "run -- python3 -c open('/dev/full')";

    [SkippableFact]
    public void APlaceThatKeepsItIsTakenAndThePayloadCannotOpenTheDevice() => InJob("4761", AsLongAsKept, (service, built, job, client) =>
    {
        OnlyOnPureV2();
        client.Ask(job, OpenFull).Expect(0);
        Assert.Equal("beside", Placement(service).GetProperty("position").GetString());

        Deny(built.DirectoryOf("unified", job.PilotIn("unified")));
        Outcome closed = client.Ask(job, OpenFull).Expect(1);
        Assert.Contains("Operation not permitted: '/dev/full'", closed.Errors, StringComparison.Ordinal);
        JsonElement placement = Placement(service);
        Assert.Equal("below", placement.GetProperty("position").GetString());
        Assert.Contains("beside: would leave the pilot's devices behind", placement.GetProperty("why").GetString(), StringComparison.Ordinal);
        client.Ask(job, "run -- python3 -c open('/dev/zero')").Expect(0);
    });

    [SkippableFact]
    public void AFilterOfTheWholeJobIsKeptBesideThePilot() => InJob("4762", AsLongAsKept, (service, built, job, client) =>
    {
        OnlyOnPureV2();
        Deny(built.DirectoryOf("unified", job.Job!));
        Assert.Contains("Operation not permitted: '/dev/full'", client.Ask(job, OpenFull).Expect(1).Errors, StringComparison.Ordinal);
        Assert.Equal("beside", Placement(service).GetProperty("position").GetString());
    });

    [SkippableFact]
    public void WhereNoPlaceKeepsItThePayloadIsRefusedAndToldWhatToDo() => InJob("4763", Site.Policy + "\nplacement: { must: [own-limits], want: [] }\n", (service, built, job, client) =>
    {
        client.Ask(job, OpenFull).Expect(0);
        Deny(built.DirectoryOf("unified", job.PilotIn("unified")));
        string refused = client.Ask(job, OpenFull).Refused(242);
        Assert.Contains("own: would leave the pilot's devices behind", refused, StringComparison.Ordinal);
        Assert.Contains("name a ceiling under 'may-lose'", refused, StringComparison.Ordinal);
        Assert.Single(Admitted(service));
    });

    [SkippableFact]
    public void ALossThatPolicyNamesIsOnRecord() => InJob("4764", Outside, (service, built, job, client) =>
    {
        Deny(built.DirectoryOf("unified", job.PilotIn("unified")));
        client.Ask(job, OpenFull).Expect(0);
        Assert.Equal(["devices"], Placement(service).GetProperty("lost").EnumerateArray().Select(l => l.GetString()));
    });

    private static void OnlyOnPureV2()
        => Skip.IfNot(CgroupLayout.Read().V1.Count == 0, "where controllers are in v1 hierarchies the v2 leaf is always in the service's slice, which keeps no filter of a pilot's");

    // On a hybrid host too the filter is one of v2: there the job has a cgroup in no other hierarchy.
    private static void InJob(string id, string policy, Action<Service.Tests.Service, CgroupTree, BatchTree, JobClient> test)
    {
        Site.Require();
        BatchTree job = BatchTree.Read("slurm-v2", JobClient.PilotUid, ("4711", id));
        using Service.Tests.Service service = Service.Tests.Service.Start(policy);
        using CgroupTree built = CgroupTree.Build(JobClient.PilotUid, job);
        test(service, built, job, new JobClient(service, built));
    }

    // /dev/full is 1:7 (admin-guide/devices.txt).
    private static void Deny(string directory)
    {
        using Process process = Process.Start(new ProcessStartInfo("python3", [AppContext.BaseDirectory + "/pilots/deny-device.py", directory, "1", "7"]) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Skip.If(process.ExitCode == 3, $"this kernel takes no device filter: {errors}");
        Assert.True(process.ExitCode == 0, errors);
    }

    private static JsonElement Placement(Service.Tests.Service service) => Admitted(service)[^1].GetProperty("site").GetProperty("placement");

    private static List<JsonElement> Admitted(Service.Tests.Service service)
        => [.. service.LedgerText().Split('\n').Where(l => l.Contains("\"type\":\"admitted\"", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l).RootElement)];
}
