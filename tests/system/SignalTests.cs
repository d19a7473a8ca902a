namespace Isolation.Service.Tests;

/// <summary>Promise: TERM, INT, HUP, QUIT, USR1, USR2, WINCH, TSTP and CONT sent to the client reach the payload.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class SignalTests(SharedService shared)
{
    private const string Telling =
        "bash -c 'for s in TERM INT HUP QUIT USR1 USR2 WINCH; do trap \"echo $s\" $s; done; echo ready; while :; do read -t 0.05 < <(:); sleep 0.02; done'";

    [SkippableTheory]
    [InlineData(1, "HUP")]
    [InlineData(2, "INT")]
    [InlineData(3, "QUIT")]
    [InlineData(10, "USR1")]
    [InlineData(12, "USR2")]
    [InlineData(15, "TERM")]
    [InlineData(28, "WINCH")]
    public void ASignalIsForwarded(int number, string name)
    {
        using Client client = shared.Get().Shell.StartPayload(Telling);
        Assert.Equal("ready", client.ReadLine());
        client.Signal(number);
        Assert.Equal(name, client.ReadLine());
    }

    [SkippableTheory]
    [InlineData(15)]
    [InlineData(2)]
    [InlineData(1)]
    public void ASignalThatEndsThePayloadIsItsEnding(int number)
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 60");
        client.Signal(number);
        Assert.Equal(128 + number, client.Wait());
    }

    [SkippableFact]
    public void TstpStopsPayloadAndClientAndContContinuesBoth()
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 60");
        client.Signal(20);
        Until.True(() => State(client.Pid) == 'T', 5, () => $"the payload is not stopped but {State(client.Pid)}");
        Until.True(() => State(client.Process.Id) == 'T', 5, () => "the client has not stopped itself");
        client.Signal(18);
        Until.True(() => State(client.Pid) != 'T', 5, () => "the payload goes on being stopped");
        Until.True(() => State(client.Process.Id) != 'T', 5, () => "the client goes on being stopped");
        client.Signal(15);
        Assert.Equal(143, client.Wait());
    }

    private static char State(int pid) => HostProcess.Status(pid)["State"][0];
}
