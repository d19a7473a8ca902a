using System.Text;
using System.Text.Json;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>A run passes the caller's own streams, bytes and status channel through, and is silent but for the sandbox's own failures.</summary>
[Collection(PublishedCliCollection.Name)]
public sealed class RunTests(PublishedCli cli)
{
    [Fact]
    public void A_run_gives_the_payload_its_callers_own_streams_and_its_exit_code()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--level", "setuid", "--claim", "alice", "--workdir", "/tmp",
            "--env", "A=b", "--tag", "task=7", "--limit", "wall=1m30s", "--limit", "memory=2GiB", "--", "prog", "", "-x", "--");
        using FakeConnection connection = service.Next();
        RunRequest request = connection.Greet<RunRequest>();
        Assert.Equal(["prog", "", "-x", "--"], request.Command.Select(Encoding.UTF8.GetString));
        Assert.Equal(("setuid", "alice", "/tmp"), (request.Level, request.Claim, Encoding.UTF8.GetString(request.WorkingDirectory!)));
        Assert.Equal("A=b", Encoding.UTF8.GetString(Assert.Single(request.ExplicitEnvironment)));
        Assert.Equal(new KeyValuePair<string, string>("task", "7"), Assert.Single(request.Tags));
        Assert.Equal(new WireLimits(WallMilliseconds: 90_000, MemoryBytes: 2L << 30), request.Limits);
        Assert.Contains(request.Environment, e => Encoding.UTF8.GetString(e) == "ISOLATION_SOCKET=" + service.Socket);

        connection.Enter();
        connection.Start();
        client.Input.Write("question");
        client.Input.Close();
        Span<byte> read = stackalloc byte[64];
        Assert.Equal("question", Encoding.UTF8.GetString(read[..Sys.Read(connection.Streams[0]!, read)]));
        connection.Write(1, "answer");
        connection.Write(2, "complaint");
        connection.CloseStreams();
        connection.End(7);
        Assert.Equal((7, "answer", "complaint"), client.Finish());
    }

    [Theory]
    [InlineData("<&-", 0b110)]
    [InlineData(">&-", 0b101)]
    [InlineData("2>&-", 0b011)]
    [InlineData("<&- >&- 2>&-", 0b000)]
    public void A_closed_stream_is_closed_for_the_payload_and_nothing_takes_its_place(string redirections, int expected)
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service, $"exec \"$ISOLATION\" run -- x {redirections}");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.Enter();
        for (int stream = 0; stream < 3; stream++)
            Assert.Equal((expected & (1 << stream)) != 0, connection.Streams[stream] is not null);
        connection.Start();
        connection.End(0);
        Assert.Equal((0, "", ""), client.Finish());
    }

    [Fact]
    public void With_every_stream_closed_a_failure_still_has_its_exit_code()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service, "exec \"$ISOLATION\" run -- x <&- >&- 2>&-");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.End(new WireEnding { Kind = "refused", Rule = "r", Why = "w", Fix = "f" });
        Assert.Equal((ExitCode.Refused, "", ""), client.Finish());
    }

    [Fact]
    public void Arguments_and_environment_that_are_not_UTF8_arrive_byte_for_byte()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service,
            "export RAW=$'\\xff\\xfe'; exec \"$ISOLATION\" run --env $'N=\\x80' --workdir $'/\\xc3' -- $'a\\xff\\x01b' $'\\xc3\\x28'");
        using FakeConnection connection = service.Next();
        RunRequest request = connection.Greet<RunRequest>();
        Assert.Equal([0x61, 0xff, 0x01, 0x62], request.Command[0]);
        Assert.Equal([0xc3, 0x28], request.Command[1]);
        Assert.Equal([(byte)'N', (byte)'=', 0x80], request.ExplicitEnvironment[0]);
        Assert.Equal([(byte)'/', 0xc3], request.WorkingDirectory!);
        Assert.Contains(request.Environment, e => e.AsSpan().SequenceEqual("RAW="u8.ToArray().Append((byte)0xff).Append((byte)0xfe).ToArray()));
        connection.End(new WireEnding { Kind = "busy", Why = "full" });
        Assert.Equal(ExitCode.Busy, client.Finish().ExitCode);
    }

    [Fact]
    public void Two_mebibytes_of_arguments_and_environment_arrive_whole()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service,
            "ulimit -s 65536; printf -v x %0100000d 0; for i in {1..10}; do export BIG$i=$i$x; done; exec \"$ISOLATION\" run -- p $x $x $x $x $x $x $x $x $x $x $x");
        using FakeConnection connection = service.Next();
        RunRequest request = connection.Greet<RunRequest>();
        Assert.Equal(12, request.Command.Count);
        Assert.All(request.Command.Skip(1), a => Assert.Equal(100_000, a.Length));
        Assert.True(request.Command.Sum(a => a.Length) + request.Environment.Sum(e => e.Length) > 2 << 20);
        connection.Enter();
        connection.Start();
        connection.End(0);
        Assert.Equal(0, client.Finish().ExitCode);
    }

    [Fact]
    public void A_pipe_ends_for_its_reader_when_the_payload_closes_it_not_when_the_client_goes()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service, "exec \"$ISOLATION\" run -- x > >(cat; echo the end >&2)");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.Enter();
        connection.Start();
        connection.Write(1, "last words ");
        connection.Streams[1]!.Dispose();
        connection.Streams[0]!.Dispose();
        Assert.True(SpinWait.SpinUntil(() => IsBroken(client.Input.BaseStream), TimeSpan.FromSeconds(10)), "the client holds the reading end of its standard input");
        connection.CloseStreams();
        connection.End(0);
        (int exitCode, string output, string error2) = client.Finish();
        Assert.Equal((0, "last words ", "the end\n"), (exitCode, output, error2));
    }

    [Fact]
    public void The_status_channel_tells_each_state_on_a_line()
    {
        using FakeService service = new();
        string file = Path.Combine(service.Directory, "status");
        using RunningClient client = RunningClient.Start(cli, service, "run", "--status-file", file, "--", "x");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.Enter();
        connection.Start();
        connection.End(3);
        Assert.Equal((3, "", ""), client.Finish());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        WirePayload[] lines = [.. File.ReadAllLines(file).Select(l => JsonSerializer.Deserialize<WirePayload>(l, JsonSerializerOptions.Web)!)];
        Assert.Equal(["entered", "running", "ended"], lines.Select(l => l.State));
        Assert.All(lines, l => Assert.Equal((FakeConnection.Id, FakeConnection.Handle), (l.Id, l.Handle)));
        Assert.Equal((4711, "setuid", "classic"), (lines[1].Pid, lines[1].Level, lines[1].Room));
        Assert.Equal(("exited", 3, 1500), (lines[2].Ending!.Kind, lines[2].Ending!.Code, lines[2].Usage!["wallMicroseconds"]));
        Assert.Equal(4711, lines[2].Pid);
    }

    [Fact]
    public void A_status_reader_that_went_away_changes_nothing()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service, "exec \"$ISOLATION\" run --status-fd 5 -- x 5> >(exec true)");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        Thread.Sleep(200);
        connection.Enter();
        connection.Start();
        connection.End(0);
        Assert.Equal((0, "", ""), client.Finish());
    }

    [Fact]
    public void A_status_file_that_exists_and_a_closed_status_descriptor_are_faults_before_anybody_is_asked()
    {
        using FakeService service = new();
        string file = Path.Combine(service.Directory, "status");
        File.WriteAllText(file, "old");
        using RunningClient client = RunningClient.Start(cli, service, "run", "--status-file", file, "--", "x");
        (int exitCode, _, string error) = client.Finish();
        Assert.Equal(ExitCode.Usage, exitCode);
        Assert.Contains("exists already. Fix:", error, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(file));
        using RunningClient second = RunningClient.Start(cli, service, "run", "--status-fd", "77", "--", "x");
        Assert.Equal(ExitCode.Usage, second.Finish().ExitCode);
    }

    [Theory]
    [InlineData("bad-request", ExitCode.Usage)]
    [InlineData("not-allowed", ExitCode.Refused)]
    [InlineData("busy", ExitCode.Busy)]
    [InlineData("failed", ExitCode.SetupFailed)]
    public void An_error_frame_is_one_line_and_a_number(string code, int expected)
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.Send(new ErrorAnswer(code, "this is \u001b[31mwrong", "do that."));
        Assert.Equal((expected, "", $"isolation: {code}: this is \\x1b[31mwrong. Fix: do that.\n"), client.Finish());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void When_the_service_dies_the_next_one_is_asked_for_the_ending(bool started)
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        UnixSocket cell;
        using (FakeConnection first = service.Next())
        {
            first.Greet<RunRequest>();
            first.Enter();
            if (started)
                first.Start();
            cell = new UnixSocket(first.Cell!.Duplicate().Release());
        }

        using UnixSocket channel = cell;
        using (FakeConnection second = service.Next())
            second.Send(new ErrorAnswer("busy", "too many at once", "Try again.")); // it tries again
        using FakeConnection third = service.Next();
        WaitRequest wait = third.Greet<WaitRequest>();
        Assert.Equal((FakeConnection.Id, FakeConnection.Handle), (wait.Id, wait.Handle));
        third.Start();
        third.End(7);
        Assert.Equal((7, "", ""), client.Finish());
    }

    [Fact]
    public void A_service_that_knows_the_payload_no_longer_makes_the_run_lost()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        UnixSocket cell;
        using (FakeConnection first = service.Next())
        {
            first.Greet<RunRequest>();
            first.Enter();
            first.Start();
            cell = new UnixSocket(first.Cell!.Duplicate().Release());
        }

        using UnixSocket channel = cell;
        using FakeConnection second = service.Next();
        second.Greet<WaitRequest>();
        second.Send(new ErrorAnswer("no-such-payload", "there is none", "Look."));
        (int exitCode, string output, string error) = client.Finish();
        Assert.Equal((ExitCode.Lost, ""), (exitCode, output));
        Assert.Contains("isolation: how the payload ends is not known: the service failed: there is none", error, StringComparison.Ordinal);
        Assert.Equal(0, Sys.Read(channel, stackalloc byte[8])); // the channel has ended: the cell sees that the client is gone
    }

    [Fact]
    public void Before_the_start_it_means_that_nothing_has_run()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using (FakeConnection first = service.Next())
        {
            first.Greet<RunRequest>();
            first.Enter();
        }

        using FakeConnection second = service.Next();
        second.Greet<WaitRequest>();
        second.Send(new ErrorAnswer("no-such-payload", "there is none", "Look."));
        (int exitCode, _, string error) = client.Finish();
        Assert.Equal(ExitCode.SetupFailed, exitCode);
        Assert.Contains("nothing of the payload has run", error, StringComparison.Ordinal);
    }

    [Fact]
    public void While_nobody_answers_a_signal_reaches_the_payload_and_the_client_waits_on()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection first = service.Next();
        first.Greet<RunRequest>();
        first.Enter();
        first.Start();
        first.Hang();
        client.Signal(15);
        Assert.Equal(15, first.NextMessage()!.Value.Signal);
        first.CloseStreams();
        using FakeConnection second = service.Next();
        second.Greet<WaitRequest>();
        second.End(new WireEnding { Kind = "signaled", Signal = 15 });
        Assert.Equal(143, client.Finish().ExitCode);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{\"type\":\"surprise\"}")]
    [InlineData("{\"type\":\"entered\",\"id\":\"x\",\"handle\":\"y\"}")]
    public void A_service_that_breaks_the_protocol_gets_nothing_started(string frame)
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.SendFrame(Encoding.UTF8.GetBytes(frame));
        (int exitCode, _, string error) = client.Finish();
        Assert.Equal(ExitCode.SetupFailed, exitCode);
        Assert.StartsWith("isolation: the service breaks the protocol", error, StringComparison.Ordinal);
    }

    private static bool IsBroken(Stream stream)
    {
        try
        {
            stream.Write("x"u8);
            stream.Flush();
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
