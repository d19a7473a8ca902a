using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: at log-only the client forks its payload, which has nothing that its pilot has not; nothing of it runs before its record is durable, and the
/// record says what the same payload would have had, and whose word each thing is.
/// </summary>
public sealed class LogOnlyTests(LogOnlyService shared) : IClassFixture<LogOnlyService>
{
    private const string AsPilot = "setpriv --reuid=isotest-a --regid=isotest-a --clear-groups --inh-caps=+kill --ambient-caps=+kill --";
    private const string Logged = "$A run --level log-only";

    // It may stop and end the service's processes, which no pilot may: the kernel's capability stands in for chance.
    private static string Python => $"{AsPilot} python3 {AppContext.BaseDirectory}/clients/fork.py";

    private Service Service => shared.Get();

    private Shell Shell => Service.Shell;

    [SkippableFact]
    public void ThePayloadIsItsPilotInEverything()
    {
        string[] lines = Shell.Bash($"export EXTRA=kept; {Logged} --env MORE=x -- sh -c 'id -u; echo $EXTRA $MORE $ISOLATION_LEVEL $PWD; ls /proc/self/fd | wc -l; grep NoNewPrivs /proc/self/status; tr -d \"\\0\" < /proc/$PPID/comm'").Expect(0).Lines;
        Assert.Equal(Shell.Bash("id -u isotest-a").Silent(), lines[0]);
        Assert.Equal($"kept x log-only {Service.Work}", lines[1]);
        Assert.Equal("4", lines[2]); // 0 to 2, and the list's own
        Assert.EndsWith("0", lines[3], StringComparison.Ordinal);
        Assert.Equal("isolation", lines[4]);
    }

    [SkippableFact]
    public void TheRecordSaysWhatItWouldHaveHadAndWhoToldTheEnding()
    {
        string id = Run($"{Logged} --claim /would/zoe --limit memory=64MiB --limit wall=1h -- sh -c 'exit 5'", 5);
        JsonElement admitted = Record(id, "admitted"), ended = Record(id, "ended");
        Assert.Equal("log-only", admitted.GetProperty("decision").GetProperty("level").GetString());
        Assert.Equal("pilot", admitted.GetProperty("account").GetProperty("rule").GetString());
        JsonElement would = admitted.GetProperty("would");
        Assert.True(would.GetProperty("run").GetBoolean());
        Assert.Equal("setuid", would.GetProperty("level").GetString());
        Assert.Equal("classic", would.GetProperty("roomKind").GetString());
        Assert.Equal("default", would.GetProperty("accountRule").GetString());
        Assert.InRange(would.GetProperty("account").GetProperty("uid").GetUInt32(), Site.FirstUid, Site.LastUid);
        Assert.Equal(64 << 20, would.GetProperty("limits").GetProperty("memoryBytes").GetInt64());
        Assert.Contains("cgroup-proof", would.GetProperty("placement").GetProperty("holds").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("cgroup-proof", admitted.GetProperty("site").GetProperty("placement").GetProperty("holds").ToString(), StringComparison.Ordinal);
        Assert.Contains("\"code\":5", ended.GetProperty("ending").ToString(), StringComparison.Ordinal);
        Assert.Contains(ended.GetProperty("observer").GetString(), new[] { "kernel", "client" });
        Assert.Contains("nothingFound", ended.GetProperty("residue").GetProperty("processes").ToString(), StringComparison.Ordinal);
        Assert.Contains("notProvable", ended.GetProperty("residue").GetProperty("files").ToString(), StringComparison.Ordinal);
        Assert.True(ended.GetProperty("usage").GetProperty("cpuUserMicroseconds").TryGetProperty("value", out _));
        Service.VerifyLedger();
    }

    [SkippableTheory]
    [InlineData("sh -c 'exit 3'", 3)]
    [InlineData("sh -c 'kill -SEGV $$'", 139)]
    [InlineData("sh -c 'sleep 41 & exit 4'", 4)]
    public void TheEndingIsTheMainProcesssAndNothingOfTheLeafOutlivesIt(string command, int code)
    {
        Shell.Bash($"{Logged} -- {command}").Expect(code);
        Assert.DoesNotContain(HostProcess.All(), p => p.CommandLine.StartsWith("sleep 41", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("-- /no/such/program")]
    [InlineData("-- /etc/passwd")]
    [InlineData("--workdir /no/such/directory -- true")]
    public void WhatCannotBeExecutedIsRefusedWithItsReason(string rest)
        => Assert.Contains("could not execute", Shell.Bash($"{Logged} {rest}").Refused(241), StringComparison.Ordinal);

    [SkippableFact]
    public void SignalsReachItAndTheWallLimitEndsIt()
    {
        using (Client client = Shell.StartPayload("sh -c 'trap \"exit 9\" TERM; echo up; while :; do sleep 0.05; done'", "--level log-only"))
        {
            Assert.Equal("up", client.ReadLine());
            client.Signal(15);
            Assert.Equal(9, client.Wait());
        }

        Shell.Bash($"{Logged} --limit wall=1s -- sleep 60").Refused(247);
    }

    [SkippableFact]
    public void ItIsSeenSignalledAndMeasuredAsAnyPayload()
    {
        using Client client = Shell.StartPayload("sleep 60", $"--level log-only --usage-file {Service.Work}/log-only.json --usage-interval 1s");
        Assert.Equal("log-only", client.Payload.GetProperty("level").GetString());
        Assert.Contains(client.Id, Shell.Bash($"$A ps --handle {client.Handle} --json").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("", Shell.Bash("$A ps --json").Silent());
        Assert.Contains("forked", Shell.Bash($"$A show {client.Id} --handle {client.Handle} --json").Expect(0).Output, StringComparison.Ordinal);
        Until.True(() => File.Exists($"{Service.Work}/log-only.json"), 10, () => "no summary was written\n" + Service.Log);
        Assert.Contains("cgroup_cpu_total", File.ReadAllText($"{Service.Work}/log-only.json"), StringComparison.Ordinal);
        // It is in a cell, whatever its identity.
        Shell.Bash($"$A kill {client.Id} --handle {new string('0', 32)}").Refused(241);
        Shell.Bash($"$A kill {client.Id} --handle {client.Handle} --signal USR1").Expect(0);
        Assert.Equal(138, client.Wait());
    }

    [SkippableFact]
    public void FromInsideNothingMayBeAsked()
        => Assert.Contains("inside a cell", Shell.Bash($"{Logged} -- {Service.Programs}/isolation status").Expect(241).Errors, StringComparison.Ordinal);

    [SkippableFact]
    public void AKilledClientsPayloadEndsAndIsRecordedAbandoned()
    {
        using Client client = Shell.StartPayload("sh -c 'trap \"\" TERM HUP; sleep 60 & sleep 60'", "--level log-only");
        string leaf = client.Leaf;
        client.Process.Kill();
        Until.True(() => !HostProcess.IsAlive(client.Pid) && !Directory.Exists(leaf), 5, () => "the payload outlives its client\n" + Service.Log);
        Assert.Contains("abandoned", Record(client.Id, "ended").ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void OnePulledOutOfItsLeafIsEndedByItselfAndTheRecordProvesNothing()
    {
        using Client client = Shell.StartPayload("sleep 60", "--level log-only");
        File.WriteAllText(Isolation.Linux.CgroupLayout.Read().Unified + "/cgroup.procs", client.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Shell.Bash($"$ROOT kill {client.Id} --signal KILL").Expect(0);
        Assert.Equal(248, client.Wait());
        string residue = Record(client.Id, "ended").GetProperty("residue").GetProperty("processes").ToString();
        Assert.Contains("had left its leaf", residue, StringComparison.Ordinal);
        Assert.Contains("notProvable", residue, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void ALimitThatNoPlaceEnforcesIsRecordedAndTakesNothingFromThePilot()
    {
        string id = Run($"{Logged} --limit files=512 -- true", 0);
        JsonElement admitted = Record(id, "admitted");
        Assert.Contains("files", admitted.GetProperty("site").GetProperty("placement").GetProperty("notEnforced").ToString(), StringComparison.Ordinal);
        Assert.Empty(admitted.GetProperty("would").GetProperty("placement").GetProperty("notEnforced").EnumerateArray());
    }

    [SkippableFact]
    public void AClientInAnotherLanguageCanDoIt()
    {
        Outcome outcome = Shell.Bash($"{Python} -- sh -c 'echo $ISOLATION_LEVEL; exit 6'").Expect(6);
        Assert.Contains("log-only", outcome.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void OnlyTheClientsOwnChildJoinsAndOnce()
    {
        string[] lines = Shell.Bash($"{Python} --mode lies -- sh -c 'exit 7'").Expect(7).Lines;
        Assert.Contains(lines, l => l.StartsWith("itself error not-allowed", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("grandchild error not-allowed", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("wrong-handle error no-such-payload", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("second error not-allowed", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void WithoutTheKernelsWordTheClientsIsTakenAndNamed()
    {
        using Service without = Service.Prepare(LogOnlyService.Policy);
        without.Arguments.AddRange(["--without-kernel", "pidfd-exit,peer-pidfd"]);
        without.Launch();
        string id = Run($"{Python} --mode false-word -- true", 77, without);
        JsonElement ended = Record(id, "ended", without);
        Assert.Equal("client", ended.GetProperty("observer").GetString());
        without.Shell.Bash($"{Logged} -- sh -c 'exit 8'").Expect(8);
    }

    [SkippableFact]
    public void AChildThatDiedIsNotTaken()
    {
        Outcome outcome = Shell.Bash($"{Python} --mode dead-child --warden {Service.Warden} -- touch {Service.Work}/must-not-be");
        Assert.Contains("join error not-allowed", outcome.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Service.Work + "/must-not-be"));
    }

    [SkippableFact]
    public void AWardenThatDiesBeforeTheChildHasJoinedIsToldAtOnce()
    {
        using Service dies = Service.Start(LogOnlyService.Policy);
        var time = System.Diagnostics.Stopwatch.StartNew();
        Outcome outcome = dies.Shell.Bash($"{Python} --mode dead-warden --warden {dies.Warden} -- touch {dies.Work}/must-not-be").Expect(0);
        Assert.True(time.Elapsed < Until.Deadline(10), $"{time.Elapsed}: {outcome.Output}");
        Assert.Contains("join error", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("setup-failed", outcome.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(dies.Work + "/must-not-be"));
        dies.BringBackWarden();
    }

    [SkippableFact]
    public void AServiceThatDiesBeforeTheGoLetsNothingRun()
    {
        using Service dies = Service.Start(LogOnlyService.Policy);
        dies.WardenStays = true;
        Outcome outcome = dies.Shell.Bash($"{Python} --mode dead-service --warden {dies.Warden} --daemon {dies.Daemon.Id} -- touch {dies.Work}/must-not-be").Expect(0);
        Assert.Contains("join None", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("child 99", outcome.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(dies.Work + "/must-not-be"));
    }

    [SkippableFact]
    public void AServiceThatDiesWhileItRunsTakesItAlongAndTheTicketKeepsTheEnding()
    {
        using Service dies = Service.Start(LogOnlyService.Policy);
        dies.WardenStays = true;
        using Client client = dies.Shell.StartPayload("sleep 60", "--level log-only");
        dies.StopDaemon(9);
        Assert.Equal(245, client.Wait());
        Until.True(() => !HostProcess.IsAlive(client.Pid), 5, () => "the payload outlives its client");
        string ticket = $"{dies.Run}/rooms/{client.Id}/ticket";
        Until.True(() => File.ReadAllText(ticket).Contains("\"client-gone\"", StringComparison.Ordinal), 5, () => File.ReadAllText(ticket));
    }

    [SkippableFact]
    public void ASiteThatForbidsItRefusesAndOneThatRequiresItLogsEverything()
    {
        using (Service no = Service.Start())
            Assert.Contains("log-only", no.Shell.Bash($"{Logged} -- true").Refused(241), StringComparison.Ordinal);
        using Service require = Service.Start(LogOnlyService.Policy.Replace("log-only: allow", "log-only: require", StringComparison.Ordinal)
            .Replace("  accept: [log-only, setuid]\n", "  accept: [log-only]\n", StringComparison.Ordinal).Replace("  default: setuid\n", "  default: log-only\n", StringComparison.Ordinal));
        Assert.Equal("log-only", require.Shell.Bash("$A run -- sh -c 'echo $ISOLATION_LEVEL'").Silent());
        Assert.Contains("setuid", require.Shell.Bash("$A run --level setuid -- true").Refused(241), StringComparison.Ordinal);
    }

    private string Run(string command, int code, Service? service = null)
    {
        service ??= Service;
        HashSet<string> before = Payloads(service);
        service.Shell.Bash(command).Expect(code);
        return Payloads(service).Except(before).Single();
    }

    private static HashSet<string> Payloads(Service service)
        => [.. Records(service).Where(r => r.GetProperty("type").GetString() == "admitted").Select(r => r.GetProperty("payload").GetString()!)];

    private JsonElement Record(string id, string type, Service? service = null)
    {
        JsonElement? found = null;
        bool Find() => (found = Records(service ?? Service).Cast<JsonElement?>().FirstOrDefault(r => r!.Value.GetProperty("type").GetString() == type && r.Value.GetProperty("payload").GetString() == id)) is not null;
        Until.True(Find, 10, () => $"no record {type} of {id}\n{(service ?? Service).Log}");
        return found!.Value;
    }

    private static IEnumerable<JsonElement> Records(Service service)
        => service.Shell.Bash("$ROOT trace --json").Expect(0).Lines.Select(line => JsonDocument.Parse(line).RootElement);
}

/// <summary>One service whose site allows log-only.</summary>
public sealed class LogOnlyService : IDisposable
{
    internal static readonly string Policy = Site.Policy.Replace("identity-switch: require", "identity-switch: allow", StringComparison.Ordinal)
        .Replace("log-only: no", "log-only: allow", StringComparison.Ordinal).Replace("accept: [setuid]", "accept: [log-only, setuid]", StringComparison.Ordinal);

    private Service? _service;

    internal Service Get()
    {
        Site.Require();
        return _service ??= Service.Start(Policy);
    }

    public void Dispose() => _service?.Dispose();
}
