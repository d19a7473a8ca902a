using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a container that was built ahead is what one built for its payload is: it has that payload's account, its pilot's ceilings and its limits; with few ids they
/// are used in turn, and nothing of a container that nobody enters stays on the host.
/// </summary>
public sealed class WarmContainersTests
{
    [SkippableFact]
    public void OneBuiltAheadIsAsOneBuiltForItsPayload() => Assert.Equal(Seen(warm: 0), Seen(warm: 2));

    [SkippableFact]
    public void ThePayloadsAccountIsTheOneThatItWasBuiltFor()
    {
        using Service service = Start("{ warm: 3 }");
        Fill(service, 3);
        for (int i = 0; i < 4; i++)
        {
            using Client client = service.Shell.StartPayload("sleep 61");
            uint uid = uint.Parse(HostProcess.Status(client.Pid)["Uid"].Split('\t', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
            Assert.Equal(uid, client.Uid);
            Assert.Equal(uid, service.Records("admitted").Single(r => r.GetProperty("payload").GetString() == client.Id).GetProperty("account").GetProperty("uid").GetUInt32());
            Assert.Equal([$"0 {uid - 1} 1", $"{uid} {uid} 1"], File.ReadLines($"/proc/{client.Pid}/uid_map").Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Order());
            Until.True(() => Ready(service) == 3, 10, () => service.Log);
        }

        Assert.Equal((4, 1), Found(service));
    }

    [SkippableFact]
    public void WithFewIdsTheyAreUsedInTurn()
    {
        using Service service = Start("{ warm: 4 }", ids: "2100000-2100007"); // of four rooms, one of which is nobody's payload
        for (int i = 0; i < 12; i++)
        {
            service.Shell.Bash("$A run -- sh -c 'exit 7'").Expect(7);
            Assert.InRange(service.WarmRooms(), 0, 4);
        }

        // The account that was lent last is foreseen for nobody.
        Until.True(() => Ready(service) == 2, 10, () => service.Log);
        service.VerifyLedger();
    }

    [SkippableFact]
    public void OneWhoseResidentIsDeadIsGivenToNobody()
    {
        using Service service = Start("{ warm: 2 }");
        Fill(service, 2);
        foreach (HostProcess resident in Residents(service))
            service.Shell.Bash($"kill -9 {resident.Pid}").Expect(0);
        service.Shell.Bash("$A run -- sh -c 'exit 7'").Expect(7);
        Until.True(() => Ready(service) == 2 && Residents(service).Length == 2 && Cgroups(service) == 2, 15, () => $"{Residents(service).Length} residents, {Cgroups(service)} cgroups\n{service.Log}");
    }

    [SkippableFact]
    public void AStreamOfThemLeavesNoMoreThanWaits()
    {
        using Service service = Start("{ warm: 2 }");
        Fill(service, 2);
        service.Shell.Bash("for i in $(seq 4); do (for j in $(seq 10); do $A run -- true || echo failed; done) & done; wait", seconds: 120).Silent();
        Until.True(() => Ready(service) == 2 && service.Rooms().Length == 0 && service.WarmRooms() == 2 && Residents(service).Length == 2 && Cgroups(service) == 2, 15,
            () => $"{service.WarmRooms()} rooms, {Residents(service).Length} residents, {Cgroups(service)} cgroups\n{service.Log}");
    }

    [SkippableFact]
    public void APayloadThatIsRefusedAtTheDoorIsToldTheSameAndTakesItWithIt()
    {
        using Service service = Start("{ warm: 2 }");
        const string Refused = "$A run --limit scratch=1GiB -- true"; // where the state directory has no quotas
        Outcome cold = service.Shell.Bash(Refused);
        Skip.If(cold.Code == 0, "the state directory has project quotas: nothing of a scratch's limit is refused");
        Fill(service, 2);
        int before = Descriptors();
        for (int i = 0; i < 8; i++)
        {
            Outcome warm = service.Shell.Bash(Refused);
            Assert.Equal((cold.Code, cold.Errors), (warm.Code, warm.Errors));
            Until.True(() => Ready(service) == 2, 10, () => service.Log);
        }

        Until.True(() => Residents(service).Length == 2 && Cgroups(service) == 2 && Descriptors() <= before + 4, 15,
            () => $"{Residents(service).Length} residents, {Cgroups(service)} cgroups, {Descriptors()} descriptors of the warden's after {before}\n{service.Log}");

        int Descriptors() => Directory.GetFiles($"/proc/{service.Warden!.Value}/fd").Length;
    }

    private static string Seen(int warm)
    {
        using Service service = Start($"{{ warm: {warm} }}");
        Fill(service, warm);
        File.WriteAllText(service.Work + "/look", """
            cat /proc/self/cgroup /proc/self/oom_score_adj /proc/self/limits
            grep -E '^(Cap|Seccomp:|NoNew|Groups|Cpus_allowed:)' /proc/self/status
            grep -E '^(Cap|NoNew)' /proc/1/status
            echo 0 > /proc/self/oom_score_adj || echo refused
            cut -d' ' -f5- /proc/self/mountinfo | sed 's/ shared:[0-9]*\| master:[0-9]*//g' | sort
            env | grep -v ISOLATION_PAYLOAD | sort
            nice
            hostname
            ls -ld /dev/shm /tmp ~ | cut -c1-10
            """);
        string seen = service.Shell.Bash($"choom -n 321 -- nice -n 3 $A run --limit memory=64MiB --limit pids=40 -- bash {service.Work}/look 2>&1").Expect(0).Output;
        JsonElement admitted = service.Records("admitted").Last();
        Assert.Contains("\n321\n", seen, StringComparison.Ordinal);
        if (warm > 0)
            Assert.Equal((1, 1), Found(service)); // the one that is looked at was built ahead
        string id = admitted.GetProperty("payload").GetString()!;
        string uid = admitted.GetProperty("account").GetProperty("uid").GetUInt32().ToString(CultureInfo.InvariantCulture);
        return $"{admitted.GetProperty("site").GetProperty("placement")}\n{seen}".Replace(service.Root, "ROOT", StringComparison.Ordinal).Replace(id, "ID", StringComparison.Ordinal).Replace(uid, "UID", StringComparison.Ordinal);
    }

    private static Service Start(string container, string ids = "2100000-2100999")
    {
        Site.RequireContainers();
        return Service.Start(place: "/opt", policy: Site.ContainerPolicy.Replace("setuid: { room: classic }", $"container: {container}", StringComparison.Ordinal)
            .Replace("2100000-2100999", ids, StringComparison.Ordinal));
    }

    private static void Fill(Service service, int warm)
    {
        service.Shell.Bash("$A run -- true").Silent();
        Until.True(() => Ready(service) == warm, 10, () => service.Log);
    }

    private static int Ready(Service service) => Stock(service).Sum(s => s.GetProperty("ready").GetInt32());

    private static (int Hits, int Misses)? Found(Service service)
    {
        JsonElement stock = Assert.Single(Stock(service));
        return (stock.GetProperty("hits").GetInt32(), stock.GetProperty("misses").GetInt32());
    }

    private static JsonElement[] Stock(Service service)
    {
        using JsonDocument status = JsonDocument.Parse(service.Shell.Bash("$A status --json").Output);
        return [.. status.RootElement.GetProperty("warmRooms").Clone().EnumerateArray()];
    }

    private static HostProcess[] Residents(Service service)
        => [.. HostProcess.All().Where(p => p.Name == "cell-init" && p.CommandLine.Contains(service.Root, StringComparison.Ordinal))];

    private static int Cgroups(Service service) => service.Slices().SelectMany(slice => Until.Directories(slice, 1)).Count();
}
