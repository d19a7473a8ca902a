using System.Diagnostics;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a detached payload, which has a wall limit, is bound to nobody: not to its client, not to the service or the warden. Whoever has its handle is told its
/// ending, as often as they ask, by the exit code of its run.
/// </summary>
public sealed class DetachTests
{
    [SkippableTheory]
    [InlineData("classic")]
    [InlineData("private")]
    public void ItRunsOnWithoutItsClientAndIsWaitedFor(string room)
    {
        using Service service = Start(room);
        Outcome outcome = service.Shell.Bash("""
            echo question > in; chmod a+r in
            # A script that reads the client's output is not held up by the payload, nor is one that reads its errors.
            job=$($A run --detach --limit wall=60s --stdin in --stdout out-a --stderr out-a -- sh -c 'read q; echo $q; echo answer >&2; sleep 1; exit 7' 2>&1) || exit 9
            read id handle <<< "$job"
            echo $job > job
            $A wait --handle $handle $id & first=$!
            $A wait --handle-file job $id; echo "second $?"
            wait $first; echo "first $?"
            ISOLATION_HANDLE=$handle $A wait $id; echo "again $?"
            $B wait --handle $handle $id 2> /dev/null; echo "another $?"
            $A wait --handle 00112233445566778899aabbccddeeff $id 2> /dev/null; echo "wrong $?"
            $A wait --handle 00112233445566778899aabbccddeeff,$handle $id; echo "one of two $?"
            $A wait $id 2> /dev/null; echo "none $?"
            $ROOT wait $id; echo "operator $?"
            cat out-a
            """).Expect(0);
        Assert.Equal(["second 7", "first 7", "again 7", "another 241", "wrong 241", "one of two 7", "none 241", "operator 7", "question", "answer"], outcome.Output.Trim().Split('\n'));
        Assert.True(service.Records("admitted").Single().GetProperty("detached").GetBoolean());
        Assert.Equal("exited", service.Records("ended").Single().GetProperty("ending").GetProperty("kind").GetString());
    }

    [SkippableFact]
    public void WithoutAWallLimitItIsRefusedAtOnceAndWithThePolicysItIsNot()
    {
        using Service service = Start("classic");
        Outcome refused = service.Shell.Bash("$A run --detach -- touch ran").Expect(241);
        Assert.Contains("--limit wall=", refused.Errors, StringComparison.Ordinal);
        Assert.Empty(refused.Output);
        Assert.Equal(0, service.Count("admitted"));
        Outcome outcome = service.Shell.Bash("read id handle <<< $($A run --detach --claim /short/one -- sleep 60); $A show --handle $handle $id | grep detached; $A wait --handle $handle $id; echo $?");
        Assert.Matches("detached +yes", outcome.Output);
        Assert.EndsWith("247\n", outcome.Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void NeitherServiceNorWardenTakesItAlong(bool withItsWarden, bool whileNobodyIsThere)
    {
        using Service service = Start("private");
        string[] job = service.Shell.Bash($"$A run --detach --limit wall=60s --stdout ready -- sh -c 'trap \"exit 33\" TERM; echo; {(whileNobodyIsThere ? "sleep 2; exit 33" : "while :; do sleep 0.05; done")}'").Expect(0).Output.Split();
        Until.True(() => new FileInfo(service.Work + "/ready") is { Exists: true, Length: 1 }, 10, () => service.Log);
        using Process waiter = service.Shell.Start($"exec $A wait --forward-signals --handle {job[1]} {job[0]}");
        using Process other = service.Shell.Start($"exec $A wait --handle {job[1]} {job[0]}");
        service.StopDaemon(9);
        if (withItsWarden)
            service.KillWarden();
        Thread.Sleep(whileNobodyIsThere ? 2500 : 300);
        service.Launch();
        if (!whileNobodyIsThere)
        {
            Thread.Sleep(500);
            Assert.Equal(0, service.Count("ended"));
            HostProcess.Signal(waiter.Id, 15);
        }

        foreach (Process one in new[] { waiter, other })
        {
            Assert.True(one.WaitForExit(Until.Deadline(20)), "it waits on\n" + service.Log);
            Assert.True(one.ExitCode == 33, $"{one.ExitCode}: {one.StandardError.ReadToEnd()}\n{service.Log}");
        }

        Assert.Equal("exited", service.Records("ended").Single().GetProperty("ending").GetProperty("kind").GetString());
    }

    [SkippableFact]
    public void WhoWaitsEndsBySignalsOfItsOwnAndThePayloadRunsOn()
    {
        using Service service = Start("classic");
        string[] job = service.Shell.Bash("$A run --detach --limit wall=60s -- sleep 60").Expect(0).Output.Split();
        using Process waiter = service.Shell.Start($"exec $A wait --handle {job[1]} {job[0]}");
        Thread.Sleep(500);
        HostProcess.Signal(waiter.Id, 15);
        Assert.True(waiter.WaitForExit(Until.Deadline(5)));
        Assert.Equal(128 + 15, waiter.ExitCode);
        Assert.Contains(job[0], service.Shell.Bash($"$A ps --handle {job[1]}").Output, StringComparison.Ordinal);
        service.Shell.Bash($"$A kill --handle {job[1]} --signal KILL {job[0]}; $A wait --handle {job[1]} {job[0]}").Expect(137);
    }

    [SkippableFact]
    public void AClientThatIsKilledAtAnyMomentLeavesAPayloadThatEndsOrNone()
    {
        using Service service = Start("private");
        service.Shell.Bash("""
            for i in $(seq 24); do
              $A run --detach --limit wall=20s -- sh -c 'sleep 0.7; exit 5' > job-$i 2> /dev/null & client=$!
              sleep 0.$(( i * 2 / 10 ))$(( i * 2 % 10 )); kill -9 $client 2> /dev/null; wait $client 2> /dev/null
            done
            """, seconds: 60).Expect(0);
        Until.True(() => service.Count("admitted") == service.Count("ended"), 20, () => service.Log);
        JsonElement[] endings = [.. service.Records("ended")];
        HashSet<string?> started = [.. service.Records("started").Select(r => r.GetProperty("payload").GetString())];
        // Until the start a payload is its client's; from then on nobody's.
        Assert.All(endings, e => Assert.Equal(started.Contains(e.GetProperty("payload").GetString()) ? "exited" : "abandoned", e.GetProperty("ending").GetProperty("kind").GetString()));
        foreach (string line in Directory.GetFiles(service.Work, "job-*").Select(File.ReadAllText).Where(text => text.EndsWith('\n')))
            service.Shell.Bash($"$A wait --handle {line.Split()[1]} {line.Split()[0]}").Expect(5);
        service.VerifyLedger();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhileRoomsAreBuiltEnteredAndStartedNothingIsLostOrLeft(bool withItsWarden)
    {
        using Service service = Start("private");
        using Process clients = service.Shell.Start("""
            mkdir codes
            for n in 1 2 3 4; do
              ( for i in $(seq 10); do
                  job=$($A run --detach --limit wall=30s -- sh -c "sleep 0.1; exit 7" 2>> errors); echo "$? $job" > codes/$n-$i; sleep 0.05
                done ) &
            done
            wait
            """);
        for (int kills = 0; kills < 4; kills++)
        {
            Thread.Sleep(250 + (kills * 170));
            service.StopDaemon(9);
            if (withItsWarden)
                service.KillWarden();
            service.Launch();
        }

        Assert.True(clients.WaitForExit(Until.Deadline(90)), "clients wait on\n" + service.Log);
        string[][] jobs = [.. Directory.GetFiles(service.Work + "/codes").Select(f => File.ReadAllText(f).Split())];
        // It was left running, or nobody answered, or nothing was started: never something else.
        Assert.True(jobs.All(job => job[0] is "0" or "242" or "244"), $"{string.Join(' ', jobs.Select(j => j[0]))}\n{File.ReadAllText(service.Work + "/errors")}\n{service.Log}");
        foreach (string[] job in jobs.Where(job => job[0] == "0"))
            service.Shell.Bash($"$A wait --handle {job[2]} {job[1]}").Expect(7);
        Until.True(() => service.Count("admitted") == service.Count("ended"), 20, () => $"{service.Count("admitted")} admitted, {service.Count("ended")} ended\n{service.Log}");
        service.VerifyLedger();
    }

    private static Service Start(string room) => Service.Start(Site.Policy.Replace("{ room: classic }", $"{{ room: {room} }}", StringComparison.Ordinal), place: "/opt");
}
