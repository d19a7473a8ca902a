namespace Isolation.Service.Tests;

/// <summary>Promise: what parses hostile bytes has no privilege, and what stays beside a payload has one capability and a filter.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class ServiceViewTests(SharedService shared)
{
    private static readonly string[] CapabilitySets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];

    [SkippableFact]
    public void EveryThreadOfIsolationdIsWithoutRoot()
    {
        Service service = shared.Get();
        service.Shell.Bash("$A run -- true").Silent();
        string uid = service.Shell.Bash("id -u isolation").Silent(), gid = service.Shell.Bash("id -g isolation").Silent();
        IReadOnlyList<Dictionary<string, string>> threads = HostProcess.Threads(service.Daemon.Id);
        Assert.NotEmpty(threads);
        foreach (Dictionary<string, string> thread in threads)
        {
            Assert.Equal(new[] { uid, uid, uid, uid }, thread["Uid"].Split('\t'));
            Assert.Equal(new[] { gid, gid, gid, gid }, thread["Gid"].Split('\t'));
            Assert.Equal("1", thread["NoNewPrivs"]);
            Assert.All(CapabilitySets, set => Assert.Equal("0000000000000000", thread[set]));
            Assert.DoesNotContain(thread["Groups"].Split(' ', StringSplitOptions.RemoveEmptyEntries), g => g == "0");
        }
    }

    [SkippableFact]
    public void EveryThreadOfCellInitHasCapKillAtMostAndAFilter()
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 60");
        Until.True(() => HostProcess.Threads(client.CellInit).All(t => t["Seccomp"] == "2"), 3, () => "no filter");
        foreach (Dictionary<string, string> thread in HostProcess.Threads(client.CellInit))
        {
            foreach (string set in new[] { "CapPrm", "CapEff" })
                Assert.Contains(thread[set], new[] { "0000000000000020", "0000000000000000" }); // CAP_KILL; the thread that opens the payload's files has none
            foreach (string set in new[] { "CapInh", "CapAmb" })
                Assert.Equal("0000000000000000", thread[set]);
            Assert.Equal("2", thread["Seccomp"]);
        }

        // Not dumpable: its entries in /proc belong to root, and nobody without CAP_SYS_PTRACE reads them.
        Assert.NotEqual(0, shared.Get().Shell.Bash($"setpriv --reuid={client.Uid} --clear-groups -- readlink /proc/{client.CellInit}/exe").Code);
        Assert.NotEqual(0, shared.Get().Shell.Bash($"setpriv --inh-caps=-all --bounding-set=-all -- readlink /proc/{client.CellInit}/exe").Code);
    }

    [SkippableFact]
    public void CellInitIsNotChargedToThePayload()
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 60");
        string cgroups = File.ReadAllText($"/proc/{client.CellInit}/cgroup");
        Assert.DoesNotContain($"cell-{client.Id}", cgroups, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void DirectoriesBelongToWhomTheDesignSays()
    {
        Service service = shared.Get();
        string Owner(string path) => service.Shell.Bash($"stat -c '%U %a' {path}").Silent();
        Assert.Equal("root 755", Owner(service.Run));
        Assert.Equal("root 755", Owner(service.State));
        Assert.Equal("root 700", Owner(service.Run + "/rooms"));
        Assert.Equal("root 700", Owner(service.State + "/warden"));
        Assert.StartsWith("isolation ", Owner(service.State + "/ledger"), StringComparison.Ordinal);
        Assert.StartsWith("isolation ", Owner(service.Run + "/front"), StringComparison.Ordinal);
        Assert.NotEqual(0, service.Shell.Bash($"setpriv --reuid=isolation --regid=isolation --clear-groups -- sh -c 'cat {service.State}/warden/* || ls {service.Run}/rooms' 2>/dev/null").Code);
    }

    [SkippableFact]
    public void ASecondServiceOnTheRunDirectorySaysWhoHoldsIt()
    {
        Service service = shared.Get();
        List<string> log = [];
        using var second = service.StartDaemon(log.Add);
        Assert.True(second.WaitForExit(Until.Deadline(20)), "a second service runs on the same directory");
        second.WaitForExit();
        Assert.NotEqual(0, second.ExitCode);
        Assert.Contains(log, l => l.Contains(service.Daemon.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        service.Shell.Bash("$A run -- true").Silent();
    }

    [SkippableFact]
    public void TheStatusTellsWhichLevelsAreReady()
    {
        Outcome status = shared.Get().Shell.Bash("$A status --json").Expect(0);
        var root = System.Text.Json.JsonDocument.Parse(status.Output).RootElement;
        var levels = root.GetProperty("levels").EnumerateArray().ToDictionary(l => l.GetProperty("level").GetString()!);
        Assert.Equal(["container", "log-only", "setuid", "vm"], levels.Keys.Order(StringComparer.Ordinal));
        Assert.True(levels["setuid"].GetProperty("ready").GetBoolean());
        Assert.False(levels["vm"].GetProperty("ready").GetBoolean());
        Assert.True(root.GetProperty("warden").GetProperty("ready").GetBoolean());
    }
}
