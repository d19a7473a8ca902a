using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli.Tests;

/// <summary>Every signal that the client is sent while its payload runs reaches the payload, and none of them ends the client.</summary>
[Collection(PublishedCliCollection.Name)]
public sealed class SignalTests(PublishedCli cli)
{
    private const int TERM = 15, CONT = 18, TSTP = 20;

    [Fact]
    public void Two_hundred_TERMs_are_two_hundred_messages()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = Running(service);
        for (int i = 0; i < 200; i++)
        {
            client.Signal(TERM);
            Assert.Equal(PilotMessage.OfSignal(TERM), connection.NextMessage());
        }

        connection.End(0);
        Assert.Equal((0, "", ""), client.Finish());
    }

    [Fact]
    public void No_thread_of_the_client_would_take_a_forwarded_signal()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = Running(service);
        client.Signal(TERM);
        Assert.NotNull(connection.NextMessage());
        foreach (string task in Directory.GetDirectories($"/proc/{client.Pid}/task"))
        {
            string line = File.ReadLines(task + "/status").First(l => l.StartsWith("SigBlk:", StringComparison.Ordinal));
            ulong blocked = Convert.ToUInt64(line[7..].Trim(), 16);
            foreach (int signal in new[] { 1, 2, 3, 10, 12, TERM, CONT, TSTP, 28 })
                Assert.True((blocked & SignalFd.MaskOf(signal)) != 0, $"thread {Path.GetFileName(task)} takes signal {signal}");
        }

        connection.End(0);
        Assert.Equal(0, client.Finish().ExitCode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(28)]
    public void Each_forwarded_signal_arrives_and_its_ending_is_the_payloads(int signal)
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = Running(service);
        client.Signal(signal);
        Assert.Equal(PilotMessage.OfSignal(signal), connection.NextMessage());
        connection.End(new WireEnding { Kind = "signaled", Signal = signal });
        Assert.Equal((128 + signal, "", ""), client.Finish());
    }

    [Fact]
    public void TSTP_stops_payload_and_client_and_CONT_lets_both_go_on()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = Running(service);
        for (int round = 0; round < 3; round++)
        {
            client.Signal(TSTP);
            Assert.Equal(PilotMessage.OfSignal(TSTP), connection.NextMessage());
            Assert.True(SpinWait.SpinUntil(() => client.State() == 'T', TimeSpan.FromSeconds(5)), "the client goes on");
            client.Signal(CONT);
            Assert.Equal(PilotMessage.OfSignal(CONT), connection.NextMessage());
            Assert.True(SpinWait.SpinUntil(() => client.State() == 'S', TimeSpan.FromSeconds(5)), "the client is still stopped");
        }

        connection.End(0);
        Assert.Equal(0, client.Finish().ExitCode);
    }

    [Fact]
    public void A_signal_before_the_start_is_kept_until_the_payload_runs()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.Enter();
        client.Signal(12);
        client.Signal(TERM);
        Assert.Null(connection.NextMessage(milliseconds: 200));
        connection.Start();
        Assert.Equal([12, TERM], new[] { connection.NextMessage()!.Value.Signal, connection.NextMessage()!.Value.Signal }.Order());
        connection.End(0);
        Assert.Equal(0, client.Finish().ExitCode);
    }

    [Fact]
    public void A_start_that_does_not_come_cannot_hold_a_client_that_is_to_end()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.Enter();
        connection.CloseStreams();
        client.Signal(TERM);
        Assert.Equal((128 + TERM, "", ""), client.Finish());
        Assert.Null(connection.NextMessage());
    }

    [Fact]
    public void A_client_that_waits_for_its_room_ends_by_TERM_at_once()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        client.Signal(TERM);
        Assert.Equal((128 + TERM, "", ""), client.Finish());
    }

    [Fact]
    public void What_the_caller_ignores_is_not_forwarded()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.StartIn(cli, service, "trap '' HUP INT; exec \"$ISOLATION\" run -- x");
        using FakeConnection connection = Running(service);
        client.Signal(1);
        client.Signal(2);
        client.Signal(TERM);
        Assert.Equal(PilotMessage.OfSignal(TERM), connection.NextMessage());
        Assert.Null(connection.NextMessage(milliseconds: 100));
        connection.End(0);
        Assert.Equal(0, client.Finish().ExitCode);
    }

    [Fact]
    public void A_cell_that_reads_nothing_does_not_hold_up_the_client()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = Running(service);
        for (int i = 0; i < 2000; i++)
            client.Signal(TERM);
        connection.End(0);
        Assert.Equal(0, client.Finish().ExitCode);
    }

    [Fact]
    public void A_signal_after_the_cell_is_over_is_dropped()
    {
        using FakeService service = new();
        using RunningClient client = RunningClient.Start(cli, service, "run", "--", "x");
        using FakeConnection connection = Running(service);
        connection.Cell!.Dispose();
        client.Signal(TERM);
        Thread.Sleep(100);
        connection.End(5);
        Assert.Equal((5, "", ""), client.Finish());
    }

    private static FakeConnection Running(FakeService service)
    {
        FakeConnection connection = service.Next();
        connection.Greet<RunRequest>();
        connection.Enter();
        connection.Start();
        return connection;
    }
}
