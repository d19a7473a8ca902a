using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a service that is killed takes no payload along, alone or together with its warden: when it is back, every waiting client gets the real exit code
/// of its payload once, each has one record of its ending, every account is given back, and nothing is left.
/// </summary>
public sealed class ServiceRestartTests
{
    private const int Payloads = 50, Doomed = 3;

    public static TheoryData<string, bool> Kinds => new()
    {
        { "classic", false },
        { "private", false },
        { "private", true },
        { "container", true },
    };

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void EveryClientGetsItsExitCode(string room, bool withItsWarden)
    {
        using Service service = Start(room);
        // A third of them end before the kill, a third while nobody is there, a third when the service is back.
        using Process clients = service.Shell.Start($$"""
            mkdir {{service.Work}}/codes
            for i in $(seq {{Payloads}}); do
              ( $A run -- sh -c "sleep $((i % 3 * 2)).3; exit $i" < /dev/null 2> {{service.Work}}/errors-$i; echo $? > {{service.Work}}/codes/$i ) &
            done
            wait
            """);
        Client[] doomed = [.. Enumerable.Range(0, Doomed).Select(_ => service.Shell.StartPayload("sleep 60"))];
        Until.True(() => service.Count("started") == Payloads + Doomed, 40, () => $"not all payloads started\n{string.Join(' ', Directory.GetFiles(service.Work, "errors-*").Select(File.ReadAllText))}\n{service.Log}");
        service.StopDaemon(9);
        if (withItsWarden)
            service.KillWarden();
        Array.ForEach(doomed, client => client.Process.Kill());
        Thread.Sleep(1500);
        service.Launch();
        Assert.True(clients.WaitForExit(Until.Deadline(40)), "clients wait on\n" + service.Log);
        for (int i = 1; i <= Payloads; i++)
            Assert.True($"{i}" == File.ReadAllText($"{service.Work}/codes/{i}").Trim(), $"payload {i}: {File.ReadAllText($"{service.Work}/codes/{i}")} {File.ReadAllText($"{service.Work}/errors-{i}")}\n{service.Log}");
        Until.True(() => service.Count("ended") == Payloads + Doomed, 20, () => $"{service.Count("ended")} endings are on record\n{service.Log}");
        Assert.Equal(Payloads + Doomed, service.Count("admitted"));
        Dictionary<string, string> kinds = service.Records("ended")
            .ToDictionary(r => r.GetProperty("payload").GetString()!, r => r.GetProperty("ending").GetProperty("kind").GetString()!);
        Assert.Equal(Payloads, kinds.Values.Count(kind => kind == "exited"));
        Assert.All(doomed, client => Assert.Equal("abandoned", kinds[client.Id]));
        Array.ForEach(doomed, client => client.Dispose());
        service.VerifyLedger();
        NothingIsLent(service);
    }

    [SkippableFact]
    public void WhatRunsOnCanBeSeenSignalledAndCounted()
    {
        using Service service = Start("private");
        using Client client = service.Shell.StartPayload("sh -c 'trap \"exit 33\" TERM; echo up; while :; do sleep 0.05; done'");
        Assert.Equal("up", client.ReadLine());
        service.StopDaemon(9);
        service.Launch();
        Assert.Contains(client.Id, service.Shell.Bash("$ROOT ps --json").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains(client.Id, service.Shell.Bash($"$A show {client.Id} --handle {client.Handle} --json").Expect(0).Output, StringComparison.Ordinal);
        service.Shell.Bash($"$A show {client.Id} --handle 00000000000000000000000000000000").Refused(241);
        service.Shell.Bash($"$B show {client.Id} --handle {client.Handle}").Refused(241);
        Assert.Contains("\"running\":1,", service.Shell.Bash("$ROOT status --json").Output, StringComparison.Ordinal);
        Assert.Contains("\"lent\":1", service.Shell.Bash("$ROOT status --json").Output, StringComparison.Ordinal);
        client.Signal(15);
        Assert.Equal(33, client.Wait());
        NothingIsLent(service);
    }

    [SkippableFact]
    public void AClientThatGoesMeanwhileEndsItsPayload()
    {
        using Service service = Start("private");
        using Client client = service.Shell.StartPayload("sleep 60");
        service.StopDaemon(9);
        client.Process.Kill();
        Until.True(() => HostProcess.OfUid(client.Uid).Count == 0, 5, () => "the payload outlived its client");
        service.Launch();
        Until.True(() => service.Count("ended") == 1, 10, () => "its ending is not on record\n" + service.Log);
        Assert.Equal("abandoned", service.Records("ended").Single().GetProperty("ending").GetProperty("kind").GetString());
        NothingIsLent(service);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhileRoomsAreBuiltEnteredAndStartedNothingIsLostOrLeft(bool withItsWarden)
    {
        using Service service = Start("private");
        using Process clients = service.Shell.Start($$"""
            mkdir {{service.Work}}/codes
            for n in 1 2 3 4; do
              ( for i in $(seq 15); do $A run -- sh -c "echo x >> {{service.Work}}/ran; exit 7" < /dev/null 2>> {{service.Work}}/errors; echo $? > {{service.Work}}/codes/$n-$i; sleep 0.05; done ) &
            done
            wait
            """);
        for (int kills = 0; kills < 4; kills++)
        {
            Thread.Sleep(200 + kills * 170);
            service.StopDaemon(9);
            if (withItsWarden)
                service.KillWarden();
            service.Launch();
        }

        Assert.True(clients.WaitForExit(Until.Deadline(90)), "clients wait on\n" + service.Log);
        string[] codes = [.. Directory.GetFiles(service.Work + "/codes").Select(f => File.ReadAllText(f).Trim())];
        // Its payload's, or that nobody answered, or that nothing was started: never something else.
        Assert.True(codes.All(code => code is "7" or "242" or "244"), $"{string.Join(' ', codes)}\n{File.ReadAllText(service.Work + "/errors")}\n{service.Log}");
        Until.True(() => service.Count("admitted") == service.Count("ended"), 20, () => $"{service.Count("admitted")} admitted, {service.Count("ended")} ended\n{service.Log}");
        Assert.Equal(codes.Count(c => c == "7"), service.Records("ended").Count(r => r.GetProperty("ending").GetProperty("kind").GetString() == "exited"));
        service.VerifyLedger();
        NothingIsLent(service);
        Until.True(() => service.Rooms().Length == 0, 10, () => string.Join(' ', service.Rooms()));
    }

    private static Service Start(string room) => room == "container" ? ContainerService.Start() : Service.Start(Site.Policy.Replace("{ room: classic }", $"{{ room: {room} }}", StringComparison.Ordinal), place: "/opt");

    private static void NothingIsLent(Service service)
        => Until.True(() => service.Shell.Bash("$ROOT status --json").Output is var status && status.Contains("\"lent\":0", StringComparison.Ordinal) && status.Contains("\"running\":0", StringComparison.Ordinal),
            10, () => service.Shell.Bash("$ROOT status --json").Output + service.Log);
}
