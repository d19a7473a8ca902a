using System.Text.Json;
using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>The other commands ask what they say, and print it for people or, with --json, for machines.</summary>
[Collection(PublishedCliCollection.Name)]
public sealed class CommandTests(PublishedCli cli)
{
    private static readonly WirePayload Payload = new()
    {
        Id = FakeConnection.Id, State = "running", Pid = 42, Level = "setuid", Room = "classic", PilotUid = 1000, Subject = "alice",
        Account = new WireAccount(2000001, 2000001, [], null), Since = "2026-11-21T03:24:00Z", Command = "sleep \u001b 1",
        Placement = new WirePlacement("below", ["job-limits", "cgroup-proof"], ["devices"], ["memory", "pids"], "beside: no ancestor"),
        Limits = new WireLimits(WallMilliseconds: 5_400_000, MemoryBytes: 4L << 30, SwapBytes: 0, Processes: 100, CpuWeight: 50, MilliCpus: 1500, IoWeight: 51, OpenFiles: 64),
    };

    private static readonly WireSurvey Survey = new("own",
    [
        new WireSurveyedPosition("beside", false, [], [], [], "/j gives memory and pids to none", "/j gives memory and pids to none", "echo +memory"),
        new WireSurveyedPosition("own", true, ["own-limits", "cgroup-proof"], ["cpus"], ["swap"], null, null, null),
    ], null, null);

    [Fact]
    public void Ps_lists_payloads_in_columns_and_as_lines_of_JSON()
    {
        (int exitCode, string output, _) = Ask<ListRequest>(["ps", "--handle", "a,b"], r => Assert.Equal(["a", "b"], r.Handles!), new PayloadsAnswer([Payload with { Job = new WireBatchJob("htcondor", "slot1_1", "cgroup") }, Payload]));
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal((0, 3), (exitCode, lines.Length));
        Assert.Equal(lines[0].IndexOf("JOB", StringComparison.Ordinal), lines[1].IndexOf("htcondor slot1_1", StringComparison.Ordinal));
        Assert.Equal(lines[0].IndexOf("PLACE", StringComparison.Ordinal), lines[1].IndexOf("below ", StringComparison.Ordinal));
        Assert.Equal(lines[0].IndexOf("COMMAND", StringComparison.Ordinal), lines[1].IndexOf("sleep \\x1b 1", StringComparison.Ordinal));

        (_, output, _) = Ask<ListRequest>(["ps", "--json"], r => Assert.Null(r.Handles), new PayloadsAnswer([Payload, Payload]));
        Assert.All(output.TrimEnd('\n').Split('\n'), l => Assert.Equal(42, JsonSerializer.Deserialize<WirePayload>(l, JsonSerializerOptions.Web)!.Pid));
    }

    [Fact]
    public void Show_prints_a_payload_and_tries_each_handle()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "show", FakeConnection.Id, "--handle", "first,second");
        using (FakeConnection first = service.Next())
        {
            Assert.Equal("first", first.Greet<ShowRequest>().Handle);
            first.Send(new ErrorAnswer(ErrorCodes.NoSuchPayload, "m", "f"));
        }

        using FakeConnection second = service.Next();
        Assert.Equal("second", second.Greet<ShowRequest>().Handle);
        second.Send(new PayloadAnswer(Payload with { Job = new WireBatchJob("slurm", "4711", "claim") }));
        (int exitCode, string output, string error) = client.Finish();
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("subject", output, StringComparison.Ordinal);
        Assert.Contains("2000001", output, StringComparison.Ordinal);
        Assert.Contains("slurm 4711 (claimed)", output, StringComparison.Ordinal);
        Assert.Contains("below: holds job-limits, cgroup-proof; left behind: devices; not enforced: memory, pids; beside: no ancestor\n", output, StringComparison.Ordinal);
        Assert.Contains("wall 1h30m, memory 4 GiB, swap 0 B, pids 100, cpu-weight 50, cpus 1.5, io-weight 51, files 64\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Kill_sends_the_signal_by_name_and_says_nothing()
        => Assert.Equal((0, "", ""), Ask<SignalRequest>(["kill", "ID", "--signal", "sigusr2"], r => Assert.Equal(new SignalRequest("ID", 12), r), new DoneAnswer()));

    [Fact]
    public void Kill_in_a_suspended_job_says_that_the_signal_waits()
        => Assert.Equal((0, "", "isolation: it waits.\n"), Ask<SignalRequest>(["kill", "ID"], _ => { }, new DoneAnswer("it waits") { Suspended = true }));

    [Fact]
    public void Kill_of_a_payload_that_is_not_the_callers_is_refused()
    {
        (int exitCode, _, string error) = Ask<SignalRequest>(["kill", "ID"], r => Assert.Equal(15, r.Signal), new ErrorAnswer(ErrorCodes.NoSuchPayload, "no payload ID", "Show its handle."));
        Assert.Equal((ExitCode.Refused, "isolation: no-such-payload: no payload ID. Fix: Show its handle.\n"), (exitCode, error));
    }

    [Fact]
    public void Trace_prints_records_until_the_last()
    {
        JsonElement record = JsonSerializer.Deserialize<JsonElement>("{\"seq\":7,\"time\":\"2026-11-21T03:24:00.1Z\",\"type\":\"ended\",\"payload\":\"p\",\"ending\":{\"kind\":\"exited\",\"code\":3}}");
        (int exitCode, string output, _) = Ask<TraceRequest>(["trace", "--payload", "p", "--uid", "5"],
            r => Assert.Equal(new TraceRequest("p", 5), r), new RecordAnswer(record), new RecordAnswer(record), new DoneAnswer());
        Assert.Equal((0, 3), (exitCode, output.TrimEnd('\n').Split('\n').Length));
        Assert.Contains("exited 3", output, StringComparison.Ordinal);
        (_, output, _) = Ask<TraceRequest>(["trace", "--json"], _ => { }, new RecordAnswer(record), new DoneAnswer());
        Assert.Equal(7, JsonSerializer.Deserialize<JsonElement>(output).GetProperty("seq").GetInt32());
    }

    [Fact]
    public void Status_tells_each_level_with_its_fix()
    {
        StatusAnswer status = new()
        {
            Service = "isolationd 0.1.0", Site = "T1", PolicyEpoch = "abc", Warden = new WirePart(true, "pid 5"), Ledger = new WirePart(false, "disk full"),
            Levels = [new WireReadiness("setuid", true, ["classic"], null, null), new WireReadiness("vm", false, [], "no KVM", "load kvm")],
            Running = 3, Waiting = 7, Positions = new Dictionary<string, int> { ["below"] = 2, ["own"] = 1 }, Lent = 3, Quarantined = 1,
        };
        (int exitCode, string output, _) = Ask<StatusRequest>(["status"], _ => { }, status);
        Assert.Equal(0, exitCode);
        Assert.Contains("3 (2 below, 1 own)\n", output, StringComparison.Ordinal);
        Assert.Contains("7, to be set up\n", output, StringComparison.Ordinal);
        Assert.Contains("not ready: disk full", output, StringComparison.Ordinal);
        Assert.Contains("no KVM. Fix: load kvm.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_tells_decision_and_trail_and_a_refusal_in_its_exit_code()
    {
        (int exitCode, string output, _) = Ask<ExplainRequest>(["policy", "explain", "--claim", "bob", "--", "id"], r => Assert.Equal("bob", r.Request.Claim),
            new ExplainedAnswer("refuse", "Q1", null, null, "one user only", "ask the site", ["looked at Q1"]));
        Assert.Equal(ExitCode.Refused, exitCode);
        Assert.Contains("1. looked at Q1", output, StringComparison.Ordinal);
        Assert.Equal((0, "loaded\n", ""), Ask<ReloadPolicyRequest>(["policy", "reload"], _ => { }, new DoneAnswer("loaded")));
        Assert.Equal((0, "free\n", ""), Ask<ClearAccountRequest>(["accounts", "clear", "7"], request => Assert.Equal(7u, request.Uid), new DoneAnswer("free")));
    }

    [Fact]
    public void Explain_of_an_admission_tells_limits_and_what_is_demanded_of_the_place()
    {
        (int exitCode, string output, _) = Ask<ExplainRequest>(
            ["policy", "explain", "--limit", "cpus=1.5", "id"], r => Assert.Equal(new WireLimits(MilliCpus: 1500), r.Request.Limits),
            new ExplainedAnswer("admit", "all", "setuid", "default", null, null, ["looked"], new WireLimits(MilliCpus: 1500),
                new WireDemand(["job-limits"], ["own-limits", "cgroup-proof"], [], "enforce")));
        Assert.Equal(0, exitCode);
        Assert.Contains("limits    cpus 1.5\n", output, StringComparison.Ordinal);
        Assert.Contains("place     must job-limits; want own-limits, cgroup-proof; may lose nothing; limits: enforce\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_tells_each_position_and_why_it_would_not_be_taken()
    {
        (int exitCode, string output, _) = Ask<ExplainRequest>(["policy", "explain", "--", "id"], _ => { },
            new ExplainedAnswer("admit", "r", "setuid", "default", null, null, ["looked"]) { Survey = Survey });
        Assert.Equal(0, exitCode);
        Assert.Matches(@"(?m)^beside +no +- +- +- +/j gives memory and pids to none\. Fix: echo \+memory\.$", output);
        Assert.Matches(@"(?m)^own +yes +own-limits, cgroup-proof +cpus +swap +-$", output);
    }

    [Fact]
    public void Doctor_tells_what_is_missing_first_and_in_its_exit_code()
    {
        DiagnosedAnswer missing = new(
            false, [new WireDiagnosis("kernel", "holds", "it can", null), new WireDiagnosis("batch", "missing", "no cgroup \u001b shows it", "TaskPlugin=task/cgroup")],
            [new WireReadiness("setuid", true, ["classic"], null, null)], Survey, null);
        (int exitCode, string output, string error) = Ask<DoctorRequest>(["doctor"], r => Assert.NotEmpty(r.Environment), missing);
        Assert.Equal((ExitCode.SomethingMissing, ""), (exitCode, error));
        string[] lines = output.Split('\n');
        Assert.Equal(@"batch   missing  no cgroup \x1b shows it. Fix: TaskPlugin=task/cgroup.", lines[1]);
        Assert.Equal("kernel  holds    it can.", lines[2]);
        Assert.Matches(@"(?m)^own +yes +own-limits, cgroup-proof +cpus +swap +-$", output);
        Assert.Matches(@"(?m)^setuid +yes +classic +-$", output);

        (exitCode, output, _) = Ask<DoctorRequest>(["doctor", "--json"], _ => { }, missing with { Ready = true, Survey = null });
        Assert.Equal(0, exitCode);
        Assert.Equal("no cgroup \u001b shows it", JsonSerializer.Deserialize<JsonElement>(output).GetProperty("findings")[1].GetProperty("what").GetString());
    }

    [Fact]
    public void A_reader_that_goes_away_ends_the_output_without_a_word()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service, "\"$ISOLATION\" ps | head -c 1; exit ${PIPESTATUS[0]}");
        using FakeConnection connection = service.Next();
        connection.Greet<ListRequest>();
        connection.Send(new PayloadsAnswer([.. Enumerable.Repeat(Payload, 5000)]));
        Assert.Equal((ExitCode.BrokenPipe, "I", ""), client.Finish());
    }

    [Fact]
    public void What_needs_no_service_is_handed_to_isolationd_beside_the_program_or_in_PATH()
    {
        using FakeService service = new();
        string program = Path.Combine(service.Directory, "isolationd");
        File.WriteAllText(program, "#!/bin/sh\nprintf '%s|' \"$@\"; exit 9\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using RunningClient inPath = RunningClient.StartIn(cli, service,
            $"cp \"$ISOLATION\" '{service.Directory}/sub-isolation'; mkdir '{service.Directory}/empty'; mv '{service.Directory}/sub-isolation' '{service.Directory}/empty/isolation'; PATH='{service.Directory}':$PATH; exec '{service.Directory}/empty/isolation' policy check --x $'\\xff' '' FILE");
        (int exitCode, byte[] output, _) = inPath.FinishBinary();
        Assert.Equal(9, exitCode);
        Assert.Equal([.. "policy|check|--x|"u8, 0xff, .. "||FILE|"u8], output);
        using RunningClient nowhere = RunningClient.StartIn(cli, service, $"PATH=/nonexistent; exec '{service.Directory}/empty/isolation' trace verify");
        (exitCode, _, string error) = nowhere.Finish();
        Assert.Equal(ExitCode.Unavailable, exitCode);
        Assert.Contains("cannot start isolationd, which carries out `isolation trace verify`", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_and_version_go_to_standard_output()
    {
        using FakeService service = new();
        using RunningClient help = RunningClient.Start(cli, service, "run", "--help");
        Assert.StartsWith("Usage: isolation run", help.Finish().Output, StringComparison.Ordinal);
        using RunningClient version = RunningClient.Start(cli, service, "--version");
        (int exitCode, string output, string error) = version.Finish();
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Matches(@"^isolation \d+\.\d+\.\d+ \(protocol 1, \.NET .*\)\n$", output);
    }

    private (int ExitCode, string Output, string Error) Ask<T>(string[] arguments, Action<T> check, params ServiceMessage[] answers) where T : ClientMessage
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, arguments);
        using FakeConnection connection = service.Next();
        check(connection.Greet<T>());
        foreach (ServiceMessage answer in answers)
            connection.Send(answer);
        return client.Finish();
    }
}
