using System.Text;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>A detached payload has none of its client's streams; once it runs its client prints id and handle, which is all that `wait` needs.</summary>
[Collection(PublishedCliCollection.Name)]
public sealed class DetachTests(PublishedCli cli)
{
    private const string Told = FakeConnection.Id + " " + FakeConnection.Handle + "\n";

    [Fact]
    public void Once_it_runs_the_client_prints_id_and_handle_and_goes()
    {
        using FakeService service = new();
        string file = Path.Combine(service.Directory, "status");
        using RunningClient client = RunningClient.Start(cli, service, "run", "--detach", "--limit", "wall=1h", "--status-file", file, "--", "x");
        using FakeConnection connection = service.Next();
        RunRequest request = connection.Greet<RunRequest>();
        Assert.Equal((true, 3_600_000), (request.Detach, request.Limits?.WallMilliseconds));
        connection.Enter();
        Assert.All(connection.Streams, stream => Assert.Equal((1L << 32) | 3, Sys.StatusOf(stream!).DeviceOfNode)); // /dev/null
        connection.Start();
        Assert.Equal((0, Told, ""), client.Finish());
        Assert.Equal(2, File.ReadAllLines(file).Length);
    }

    [Fact]
    public void Its_streams_are_the_files_named()
    {
        using FakeService service = new();
        string input = Path.Combine(service.Directory, "in"), output = Path.Combine(service.Directory, "out");
        File.WriteAllText(input, "question");
        File.WriteAllText(output, "what was there before");
        using RunningClient client = RunningClient.Start(cli, service, "run", "--detach", "--stdin", input, "--stdout", output, "--stderr", output, "--", "x");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.Enter();
        Span<byte> read = stackalloc byte[64];
        Assert.Equal("question", Encoding.UTF8.GetString(read[..Sys.Read(connection.Streams[0]!, read)]));
        connection.Write(1, "one,");
        connection.Write(2, "two,");
        connection.Write(1, "three");
        Assert.Equal("one,two,three", File.ReadAllText(output));
        connection.Start();
        Assert.Equal(0, client.Finish().ExitCode);
    }

    [Theory]
    [InlineData("run --detach --out a -- x", "--out is for the client to write")]
    [InlineData("run --detach --usage-file a -- x", "--usage-file is for the client to write")]
    [InlineData("run --stdout a -- x", "--stdout says nothing without --detach")]
    [InlineData("run --detach --stdin /no/such -- x", "--stdin /no/such cannot be opened")]
    [InlineData("run --detach -- x >&-", "which is closed")]
    [InlineData("wait --handle-file /no/such ID", "--handle-file /no/such cannot be read")]
    [InlineData("wait --handle-file /dev/null ID", "--handle-file /dev/null is empty")]
    [InlineData("wait", "an operand is missing")]
    public void What_makes_no_sense_is_a_fault_of_the_command_line(string words, string fault)
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service, $"cd {service.Directory}; exec \"$ISOLATION\" {words}");
        (int exitCode, string output, string error) = client.Finish();
        Assert.Equal((ExitCode.Usage, ""), (exitCode, output));
        Assert.Contains(fault, error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_never_ran_is_told_as_with_any_run()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--detach", "--", "x");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.End(new WireEnding { Kind = "refused", Rule = "detach", Why = "w", Fix = "f" });
        Assert.Equal((ExitCode.Refused, "", "isolation: refused by rule \"detach\": w. Fix: f.\n"), client.Finish());
    }

    [Theory]
    [InlineData("started")]
    [InlineData("ended")]
    [InlineData("never")]
    public void When_the_service_dies_before_it_tells_of_the_start_the_next_one_is_asked(string answer)
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--detach", "--", "x");
        using (FakeConnection first = service.Next())
        {
            first.Greet<RunRequest>();
            first.Enter();
            first.Hang();
            using FakeConnection next = service.Next();
            WaitRequest wait = next.Greet<WaitRequest>();
            Assert.Equal((FakeConnection.Id, FakeConnection.Handle), (wait.Id, wait.Handle));
            if (answer == "started")
                next.Start();
            else if (answer == "ended")
                next.End(7);
            else
                next.Send(new ErrorAnswer(ErrorCodes.NoSuchPayload, "m", "f"));
            Assert.Equal(answer == "never" ? (ExitCode.SetupFailed, "") : (0, Told), client.Finish() is var end ? (end.ExitCode, end.Output) : default);
        }
    }

    [Fact]
    public void Who_waits_asks_the_next_service_too_and_ends_with_the_payloads_exit_code()
    {
        using FakeService service = new();
        string job = Path.Combine(service.Directory, "job");
        File.WriteAllText(job, Told);
        using RunningClient client = RunningClient.Start(cli, service, "wait", "--handle-file", job, FakeConnection.Id);
        using (FakeConnection first = service.Next())
        {
            Assert.Equal(FakeConnection.Handle, first.Greet<WaitRequest>().Handle);
            first.Start();
            first.Hang();
        }

        using FakeConnection next = service.Next();
        Assert.Equal(FakeConnection.Handle, next.Greet<WaitRequest>().Handle);
        next.Start();
        next.End(7);
        Assert.Equal((7, "", ""), client.Finish());
    }

    [Fact]
    public void Of_several_handles_each_is_tried_and_busy_is_asked_again()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "wait", "--handle", "a,b", FakeConnection.Id);
        Answer("a", new ErrorAnswer(ErrorCodes.Busy, "m", "f"));
        Answer("a", new ErrorAnswer(ErrorCodes.NoSuchPayload, "m", "f"));
        Answer("b", new EndedAnswer(FakeConnection.Id, new WireEnding { Kind = "timed-out", LimitMilliseconds = 1000 }, null));
        Assert.Equal(ExitCode.TimedOut, client.Finish().ExitCode);

        void Answer(string handle, ServiceMessage answer)
        {
            using FakeConnection connection = service.Next();
            Assert.Equal(handle, connection.Greet<WaitRequest>().Handle);
            connection.Send(answer);
        }
    }

    [Theory]
    [InlineData(ErrorCodes.NoSuchPayload, ExitCode.Refused)]
    [InlineData(ErrorCodes.Failed, ExitCode.Lost)]
    public void One_that_is_not_known_is_not_waited_for(string code, int exitCode)
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "wait", FakeConnection.Id);
        using FakeConnection connection = service.Next();
        Assert.Null(connection.Greet<WaitRequest>().Handle);
        connection.Send(new ErrorAnswer(code, "m", "f"));
        Assert.Equal((exitCode, "", $"isolation: {code}: m. Fix: f.\n"), client.Finish());
    }

    [Fact]
    public void Signals_are_forwarded_where_that_is_asked_once_it_runs_and_end_the_waiting_elsewhere()
    {
        using FakeService service = new();
        using RunningClient forwarding = RunningClient.Start(cli, service, "wait", "--forward-signals", "--handle", "h", FakeConnection.Id);
        using FakeConnection connection = service.Next();
        connection.Greet<WaitRequest>();
        connection.Start();
        Thread.Sleep(300);
        forwarding.Signal(10);
        using (FakeConnection sender = service.Next())
        {
            SignalRequest sent = sender.Greet<SignalRequest>();
            Assert.Equal((FakeConnection.Id, 10, "h"), (sent.Id, sent.Signal, sent.Handle));
            sender.Send(new DoneAnswer());
        }

        connection.End(3);
        Assert.Equal(3, forwarding.Finish().ExitCode);

        using RunningClient waiting = RunningClient.Start(cli, service, "wait", "--handle", "h", FakeConnection.Id);
        using FakeConnection other = service.Next();
        other.Greet<WaitRequest>();
        other.Start();
        waiting.Signal(2);
        Assert.Equal(ExitCode.OfSignal(2), waiting.Finish().ExitCode);
    }
}
