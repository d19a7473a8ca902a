using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: in a container with the host's tree holds all that holds in a private room.</summary>
[Collection(ContainerServiceTests.Name)]
public sealed class ContainerRoomTests(ContainerService shared) : PrivateRoomTests(shared)
{
    private protected override string[] Places => ["cell-init", "etc", "lent", "oci", "root", "scratch"];
}

/// <summary>
/// Promise: a container has a user namespace in which only its cell-init and its payload exist, each with an id of the site's range for rooms; nothing of
/// it is left on the host, and where the site has set no ids aside it is refused.
/// </summary>
[Collection(ContainerServiceTests.Name)]
public sealed class ContainerTests(ContainerService shared)
{
    private const uint First = 2_100_000, Last = 2_100_999;

    [SkippableFact]
    public void OnlyItsOwnTwoIdsAreThere()
    {
        string[] lines = shared.Get().Shell.Bash("$A run -- bash -c 'cat /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u / /etc/shadow; cat /etc/shadow'").Expect(1).Lines;
        uint[][] maps = [.. lines[..4].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => uint.Parse(n, CultureInfo.InvariantCulture)).ToArray())];
        uint uid = uint.Parse(lines[4], CultureInfo.InvariantCulture);
        Assert.InRange(uid, First + 3, Last);
        Assert.Equal<uint>([0, uid - 1, 1], maps[0]);
        Assert.Equal<uint>([uid, uid, 1], maps[1]);
        Assert.Equal(maps[0], maps[2]);
        Assert.Equal(maps[1], maps[3]);
        Assert.Equal(["65534", "65534"], lines[5..7]);
    }

    [SkippableFact]
    public void OnTheHostItsProcessesHaveTheIdsOfItsRoom()
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 61");
        uint uid = Uid(client.Pid), resident = Uid(client.CellInit);
        Assert.InRange(uid, First + 3, Last);
        Assert.Equal(uid - 1, resident);
        Assert.Equal(uid, client.Uid);
        JsonElement admitted = shared.Get().Records("admitted").Single(r => r.GetProperty("payload").GetString() == client.Id);
        Assert.Equal("oci", admitted.GetProperty("decision").GetProperty("roomKind").GetString());
        foreach (string kind in (string[])["user", "pid", "mnt", "ipc", "uts"])
            Assert.NotEqual(new FileInfo($"/proc/self/ns/{kind}").LinkTarget, new FileInfo($"/proc/{client.Pid}/ns/{kind}").LinkTarget);
    }

    [SkippableFact]
    public void ItSeesNoCgroupOfTheHosts()
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 61");
        Assert.NotEqual(new FileInfo("/proc/self/ns/cgroup").LinkTarget, new FileInfo($"/proc/{client.Pid}/ns/cgroup").LinkTarget);
        Assert.Contains(File.ReadLines($"/proc/{client.Pid}/cgroup"), line => line.EndsWith($"/cell-{client.Id}", StringComparison.Ordinal));
        // By itself it is at the root of each hierarchy: v1 hierarchies in which it has no leaf may tell where it is below its pilot.
        string[] seen = shared.Get().Shell.Bash("$A run -- cat /proc/self/cgroup").Expect(0).Lines;
        Assert.Contains("0::/", seen);
        Assert.All(seen, line => Assert.EndsWith(":/", line, StringComparison.Ordinal));
    }

    [SkippableFact]
    public void ItsResidentHasNoCapabilityOutsideIt()
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 61");
        string status = File.ReadAllText($"/proc/{client.CellInit}/status");
        Assert.Contains("CapEff:\t0000000000000020", status, StringComparison.Ordinal); // CAP_KILL, of its own user namespace
        Assert.NotEqual(new FileInfo("/proc/self/ns/user").LinkTarget, new FileInfo($"/proc/{client.CellInit}/ns/user").LinkTarget);
        Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AnIdentityKeepsItsAccount()
    {
        string[] lines = shared.Get().Shell.Bash("for i in 1 2; do $A run --claim /sticky/container -- bash -c 'id -u; head -n 1 /proc/self/uid_map'; done").Expect(0).Lines;
        Assert.Equal(lines[0], lines[2]);
        Assert.InRange(uint.Parse(lines[0], CultureInfo.InvariantCulture), 2_101_000u, 2_101_099u);
        Assert.Equal(["0", $"{First}", "1"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)); // its cell-init has the id that is no room's
    }

    [SkippableFact]
    public void TwoHundredLeaveNothing()
    {
        Service service = shared.Get();
        File.WriteAllText(service.Work + "/one", "exec setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- $1 run -- sh -c 'exit 7' < /dev/null\n");
        Outcome outcome = service.Shell.Bash($"seq 200 | xargs -P 8 -I N bash -c 'bash $WORK/one {service.PilotProgram} 2>> $WORK/errors; echo $?' | sort | uniq -c; cat $WORK/errors >&2".Replace("$WORK", service.Work, StringComparison.Ordinal), seconds: 300);
        Assert.True(outcome.Output.Trim() == "200 7", $"{outcome.Output}\n{outcome.Errors}\n{service.Log}");
        Until.True(() => service.Rooms().Length == 0, 10, () => string.Join(' ', service.Rooms()));
        // What waits for the next ones: of each its own cgroup, in it that of its resident, and the resident.
        Until.True(() => service.WarmRooms() == 4 && Cgroups().Length == 8 && Residents() == 4, 15, () => $"{service.WarmRooms()} rooms built ahead, {Residents()} residents, {string.Join(' ', Cgroups())}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(service.State + "/scratch"));
        Assert.DoesNotContain(File.ReadLines("/proc/self/mounts"), line => line.Split(' ')[1].StartsWith(service.Run + "/rooms/", StringComparison.Ordinal));

        string[] Cgroups() => [.. service.Slices().SelectMany(slice => Until.Directories(slice, 2))];
        int Residents() => HostProcess.All().Count(p => p.Name == "cell-init" && p.CommandLine.Contains(service.Root, StringComparison.Ordinal));
    }

    [SkippableFact]
    public void WithoutANetworkItHasALoopbackDeviceOnly()
    {
        Site.RequireContainers();
        using var service = Service.Start(Site.ContainerPolicy.Replace("setuid: { room: classic }", "container: { network: none }", StringComparison.Ordinal), place: "/opt");
        string[] lines = service.Shell.Bash("$A run -- bash -c 'tail -n +3 /proc/net/dev | cut -d: -f1; ls /sys/class/net; (echo > /dev/tcp/127.0.0.1/9) 2>&1 | grep -om 1 refused'").Expect(0).Lines;
        Assert.Equal(["lo", "lo", "refused"], lines.Select(line => line.Trim()));
    }

    [SkippableFact]
    public void WhereNoIdsAreSetAsideItIsNotReady() => IsNotReady(
        Site.Policy.Replace("accept: [setuid]", "accept: [setuid, container]", StringComparison.Ordinal),
        "sets no ids aside for rooms", "accounts: { rooms: { range: FIRST-LAST, ids-per-room: 2 } }");

    [SkippableFact]
    public void ABuilderThatThisVersionHasNotIsNotReady() => IsNotReady(
        Site.ContainerPolicy.Replace("setuid: { room: classic }", "container: { builder: engine }", StringComparison.Ordinal),
        "a room of the kind 'engine' cannot be built here");

    private static void IsNotReady(string policy, params string[] told)
    {
        Site.RequireContainers();
        using var service = Service.Start(policy, place: "/opt");
        string errors = service.Shell.Bash("$A run --level container -- true").Expect(242).Errors;
        Assert.All(told, each => Assert.Contains(each, errors, StringComparison.Ordinal));
    }

    private static uint Uid(int pid) => uint.Parse(HostProcess.Status(pid)["Uid"].Split('\t', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
}
