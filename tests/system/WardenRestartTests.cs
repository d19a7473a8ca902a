using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a warden that is killed takes no payload along: when it is back, every waiting client gets the real exit code of its payload once, each has one
/// record of its ending, and nothing is left.
/// </summary>
public sealed class WardenRestartTests
{
    private const int Payloads = 50;

    private static readonly string BothLevels = LogOnlyService.Policy;

    public static TheoryData<string, string> Kinds => new()
    {
        { "classic", "" },
        { "private", "" },
        { "classic", "--level log-only" },
        { "container", "" },
    };

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void EveryClientGetsItsExitCode(string room, string options)
    {
        using Service service = Start(room);
        // A third of them end before the kill, a third while there is no warden, a third when it is back.
        using Process clients = service.Shell.Start($$"""
            mkdir {{service.Work}}/codes
            for i in $(seq {{Payloads}}); do
              ( $A run {{options}} -- sh -c "sleep $((i % 3 * 2)).3; exit $i" < /dev/null; echo $? > {{service.Work}}/codes/$i ) &
            done
            wait
            """);
        Until.True(() => service.Count("started") == Payloads, 40, () => "not all payloads started\n" + service.Log);
        service.KillWarden();
        Thread.Sleep(1500);
        service.BringBackWarden();
        Assert.True(clients.WaitForExit(Until.Deadline(40)), "clients wait on\n" + service.Log);
        for (int i = 1; i <= Payloads; i++)
            Assert.Equal($"{i}", File.ReadAllText($"{service.Work}/codes/{i}").Trim());
        Assert.Equal((Payloads, Payloads), (service.Count("admitted"), service.Count("ended")));
        foreach (JsonElement ended in service.Records("ended"))
        {
            Assert.Equal("exited", ended.GetProperty("ending").GetProperty("kind").GetString());
            JsonElement residue = ended.GetProperty("residue");
            // Not the host's shared places: another warden than the one that saw the entry searches them wholly, and finds what earlier lessees of the uid left.
            foreach (string kind in (string[])["processes", "cgroups", "scratch"])
                Assert.False(residue.GetProperty(kind).TryGetProperty("found", out _), residue.GetRawText());
        }

        service.VerifyLedger();
    }

    [SkippableFact]
    public void SignalsAndLimitsHoldAgainWhenItIsBack()
    {
        using Service service = Start("private");
        using Client signalled = service.Shell.StartPayload("sh -c 'trap \"exit 33\" TERM; while :; do sleep 0.05; done'");
        using Client limited = service.Shell.StartPayload("sleep 60", "--limit wall=4s");
        using Client gone = service.Shell.StartPayload("sleep 60");
        service.KillWarden();
        gone.Process.Kill();
        Until.True(() => HostProcess.OfUid(gone.Uid).Count == 0, 5, () => "without a warden the payload outlived its client");
        service.BringBackWarden();
        service.Shell.Bash($"$ROOT kill {signalled.Id} --signal TERM").Expect(0);
        Assert.Equal(33, signalled.Wait());
        Assert.Equal(247, limited.Wait());
        Until.True(() => service.Count("ended") == 3, 10, () => "an ending is missing");
        Assert.Equal("abandoned", Ending(service, gone.Id).GetProperty("kind").GetString());
        Assert.Equal("timed-out", Ending(service, limited.Id).GetProperty("kind").GetString());
        service.VerifyLedger();
    }

    [SkippableFact]
    public void AtLogOnlyOnlyWhatStillRunsIsOutOfTimeWhenItIsBack()
    {
        using Service service = Start("classic");
        using Client inTime = service.Shell.StartPayload("sh -c 'sleep 2; exit 34'", "--level log-only --limit wall=4s");
        using Client notCollected = service.Shell.StartPayload("sh -c 'sleep 2; exit 35'", "--level log-only --limit wall=4s");
        using Client late = service.Shell.StartPayload("sleep 60", "--level log-only --limit wall=4s");
        notCollected.Signal(19); // its client stands still: what has ended is there for the next warden to find
        service.KillWarden();
        Thread.Sleep(4500); // the limit of all three
        service.BringBackWarden();
        notCollected.Signal(18);
        Assert.Equal(34, inTime.Wait());
        Assert.Equal(35, notCollected.Wait());
        Assert.Equal(247, late.Wait());
        Until.True(() => service.Count("ended") == 3, 10, () => "an ending is missing");
        Assert.Equal("exited", Ending(service, inTime.Id).GetProperty("kind").GetString());
        Assert.Equal("exited", Ending(service, notCollected.Id).GetProperty("kind").GetString());
        Assert.Equal("timed-out", Ending(service, late.Id).GetProperty("kind").GetString());
        service.VerifyLedger();
    }

    [SkippableFact]
    public void WhoCopiesForAPayloadEndsWithTheWarden()
    {
        using Service service = Service.Start(Site.Policy, arguments: ["--without-kernel", "idmap"]);
        using Process client = service.Shell.Start($"exec setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- python3 {AppContext.BaseDirectory}/clients/exchange.py hold");
        Assert.Equal("copier", client.StandardOutput.ReadLine());
        HostProcess[] Copiers() => [.. HostProcess.All().Where(p => p.CommandLine.Contains(service.Programs + "/cell-init", StringComparison.Ordinal) && p.CommandLine.Contains("copy", StringComparison.Ordinal))];
        Assert.Single(Copiers());
        service.KillWarden();
        Until.True(() => Copiers().Length == 0, 5, () => "a process with the payload's account outlives the warden");
        service.BringBackWarden();
        client.StandardInput.Close();
        Assert.True(client.WaitForExit(Until.Deadline(10)));
    }

    [SkippableTheory]
    [InlineData("classic")]
    [InlineData("private")]
    [InlineData("container")]
    public void WhileRoomsAreBuiltEnteredAndStartedNothingIsLostOrLeft(string room)
    {
        using Service service = Start(room);
        using Process clients = service.Shell.Start($$"""
            mkdir {{service.Work}}/codes
            for n in 1 2 3 4; do
              ( i=0; until [ -e {{service.Work}}/enough ]; do i=$((i + 1)); $A run -- sh -c "exit 7" < /dev/null 2> /dev/null; echo $? > {{service.Work}}/$n-$i; mv {{service.Work}}/$n-$i {{service.Work}}/codes; sleep 0.05; done ) &
            done
            wait
            """);
        for (int kills = 0; kills < 4; kills++)
        {
            Thread.Sleep(150 + kills * 170);
            service.KillWarden();
            service.BringBackWarden();
        }

        string[] Codes() => [.. Directory.GetFiles(service.Work + "/codes").Select(f => File.ReadAllText(f).Trim())];
        Until.True(() => Codes().Contains("7"), 30, () => "no payload runs any more\n" + service.Log);
        File.WriteAllText(service.Work + "/enough", "");
        Assert.True(clients.WaitForExit(Until.Deadline(60)), "clients wait on\n" + service.Log);
        string[] codes = Codes();
        // Its payload's, or that nobody answered, or that a step failed with the warden: never something else.
        Assert.All(codes, code => Assert.Contains(code, new[] { "7", "242", "244" }));
        service.Shell.Bash("$A run -- sh -c 'exit 7'").Expect(7);
        Until.True(() => service.Count("admitted") == service.Count("ended"), 10, () => $"{service.Count("admitted")} admitted, {service.Count("ended")} ended\n{service.Log}");
        Assert.True(codes.Count(c => c == "7") <= service.Count("ended"));
        service.VerifyLedger();
        Until.True(() => service.Shell.Bash("$ROOT status --json").Output.Contains("\"lent\":0", StringComparison.Ordinal), 10, () => service.Shell.Bash("$ROOT status --json").Output);
        Until.True(() => service.Rooms().Length == 0, 10, () => string.Join(' ', service.Rooms()));
    }

    private static Service Start(string room) => room == "container" ? ContainerService.Start() : Service.Start(BothLevels.Replace("{ room: classic }", $"{{ room: {room} }}", StringComparison.Ordinal), place: "/opt");

    private static JsonElement Ending(Service service, string id)
        => service.Records("ended").Single(r => r.GetProperty("payload").GetString() == id).GetProperty("ending");
}
