namespace Isolation.Service.Tests;

/// <summary>Promise: the client's exit code is the payload's, 128+n for a signal; on success nothing is printed, and the sandbox's own failures have numbers of their own.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class ExitCodeTests(SharedService shared)
{
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(239)]
    [InlineData(255)]
    public void AnExitCodeIsThePayloads(int code)
    {
        Outcome outcome = shared.Get().Shell.Bash($"$A run -- sh -c 'exit {code}'").Expect(code);
        Assert.Equal(("", ""), (outcome.Output, outcome.Errors));
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(15)]
    public void ASignalIs128AndItsNumber(int signal)
    {
        Outcome outcome = shared.Get().Shell.Bash($"$A run -- sh -c 'ulimit -c 0; kill -{signal} $$'").Expect(128 + signal);
        Assert.Equal(("", ""), (outcome.Output, outcome.Errors));
    }

    [SkippableTheory]
    [InlineData("run")]
    [InlineData("run --")]
    [InlineData("run -- ''")]
    [InlineData("run --no-such-option -- true")]
    [InlineData("run --limit wall=never -- true")]
    [InlineData("run --limit cores=2 -- true")]
    [InlineData("no-such-verb")]
    public void AWrongCommandLineIs240(string arguments) => shared.Get().Shell.Bash($"$A {arguments}").Expect(240);

    [SkippableFact]
    public void NobodyAnsweringIs242()
        => shared.Get().Shell.Bash("ISOLATION_SOCKET=$WORK/nobody.sock $A run -- true").Refused(242);

    [SkippableFact]
    public void TheWallLimitIs247AndEndsThePayload()
    {
        Service service = shared.Get();
        string line = service.Shell.Bash("$A run --limit wall=700ms -- sh -c 'trap \"\" TERM; sleep 50'").Refused(247);
        Assert.Contains("wall", line, StringComparison.Ordinal);
        service.Shell.Bash("$A run --claim /short/one --limit wall=10m -- sleep 50").Refused(247);
    }

    [SkippableFact]
    public void AnOperatorsSignalIs248AndSaysWho()
    {
        Service service = shared.Get();
        using Client client = service.Shell.StartPayload("sleep 60");
        service.Shell.Bash($"$ROOT kill {client.Id} --signal KILL").Expect(0);
        Assert.Equal(248, client.Wait());
        Assert.Equal("killed-from-outside", client.Find("ended")!.Value.GetProperty("ending").GetProperty("kind").GetString());
    }

    [SkippableFact]
    public void TheOwnersSignalIsThePayloadsEnding()
    {
        Service service = shared.Get();
        using Client client = service.Shell.StartPayload("sleep 60");
        service.Shell.Bash($"$A kill {client.Id} --handle {client.Handle} --signal INT").Expect(0);
        Assert.Equal(130, client.Wait());
    }
}
