using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>Promise: when the client is gone, for whatever reason, its payload ends within a second, whatever else is down, and the record says abandoned.</summary>
public sealed class AbandonTests
{
    [SkippableFact]
    public void AKilledClientsPayloadEndsAtOnceAndIsRecordedAbandoned()
    {
        using Service service = Service.Start();
        using Client client = service.Shell.StartPayload("sh -c 'trap \"\" TERM HUP; sleep 60'");
        AssertEndsWithin(1, client, () => client.Process.Kill());
        AssertRecorded(service, client, "abandoned");
    }

    [SkippableFact]
    public void AChildThatHoldsTheClientsDescriptorsChangesNothing()
    {
        using Service service = Service.Start();
        // The launcher becomes the client; its child lives on with every descriptor the client will have had by then.
        using Client client = service.Shell.StartPayload("sleep 60");
        string forked = $"{service.Work}/holds.py";
        File.WriteAllText(forked, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "clients", "driver.py")));
        using Process python = service.Shell.Start($"exec setpriv --reuid=isotest-a --regid=isotest-a --clear-groups python3 {forked} --fork-holder -- sleep 61");
        Until.True(() => HostProcess.All().Any(p => p.CommandLine.StartsWith("sleep 61", StringComparison.Ordinal)), 10, () => "no payload\n" + service.Log);
        int payload = HostProcess.All().First(p => p.CommandLine.StartsWith("sleep 61", StringComparison.Ordinal)).Pid;
        HostProcess.Signal(python.Id, 9);
        Until.True(() => !HostProcess.IsAlive(payload), 1.5, () => "the payload outlives its client");
        Assert.True(HostProcess.IsAlive(client.Pid));
        foreach (HostProcess holder in HostProcess.All().Where(p => p.CommandLine.Contains(forked, StringComparison.Ordinal)))
            HostProcess.Signal(holder.Pid, 9);
    }

    [SkippableFact]
    public void AStoppedServiceHoldsNothingUpAndTheRecordFollows()
    {
        using Service service = Service.Start();
        using Client client = service.Shell.StartPayload("sleep 60");
        HostProcess.Signal(service.Daemon.Id, 19);
        AssertEndsWithin(1, client, () => client.Process.Kill());
        HostProcess.Signal(service.Daemon.Id, 18);
        AssertRecorded(service, client, "abandoned");
    }

    [SkippableTheory]
    [InlineData(9)]
    [InlineData(15)]
    public void AfterTheServicesEndCellInitStillEndsThePayloadAndTheTicketKeepsTheEnding(int signal)
    {
        using Service service = Service.Start();
        using Client client = service.Shell.StartPayload("sleep 60");
        int payload = client.Pid;
        service.WardenStays = true;
        service.StopDaemon(signal);
        // Either the client notices the loss and ends, or it is ended here: the payload does not outlive it.
        if (!client.Process.WaitForExit(2000))
            client.Process.Kill();
        Until.True(() => !HostProcess.IsAlive(payload), 1.5, () => "the payload outlives its client and its service");
        string ticket = $"{service.Run}/rooms/{client.Id}/ticket";
        Until.True(() => File.ReadAllText(ticket).Contains("\"client-gone\"", StringComparison.Ordinal), 5, () => File.ReadAllText(ticket));
    }

    [SkippableFact]
    public void AClientThatGoesBeforeItsStreamsStartsNothing()
    {
        using Service service = Service.Start();
        Outcome outcome = service.Shell.Bash($"setpriv --reuid=isotest-a --regid=isotest-a --clear-groups python3 {AppContext.BaseDirectory}/clients/driver.py --leave-after-entered -- touch $WORK/must-not-be");
        Assert.Contains("left", outcome.Errors, StringComparison.Ordinal);
        Until.True(() => service.LedgerText().Contains("abandoned", StringComparison.Ordinal), 10, () => service.LedgerText());
        Assert.False(File.Exists(service.Work + "/must-not-be"));
    }

    private static void AssertEndsWithin(double seconds, Client client, Action end)
    {
        int payload = client.Pid;
        var time = Stopwatch.StartNew();
        end();
        Until.True(() => !HostProcess.IsAlive(payload), 10, () => "the payload lives on");
        Assert.True(time.Elapsed < Until.Deadline(seconds + 0.2), $"ended after {time.Elapsed.TotalSeconds:0.00} s");
    }

    private static void AssertRecorded(Service service, Client client, string ending)
        => Until.True(() => service.Shell.Bash($"$ROOT trace --json --payload {client.Id}").Output.Contains($"\"{ending}\"", StringComparison.Ordinal), 10,
            () => "not recorded: " + service.LedgerText());
}
