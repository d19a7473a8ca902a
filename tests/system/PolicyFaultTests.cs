namespace Isolation.Service.Tests;

/// <summary>Promise: a policy that would map to root, to ids of the system or of anybody else, or to a privileged group does not come into force, with line and fix.</summary>
public sealed class PolicyFaultTests
{
    [SkippableTheory]
    [InlineData("range: 2100000-2100999", "range: 0-999")]
    [InlineData("range: 2100000-2100999", "range: 500-1500")]
    [InlineData("range: 2100000-2100999, per: payload", "range: 2100000-2100999, per: nobody")]
    [InlineData("default: setuid", "default: seduit")]
    [InlineData("account: [isotest-a, isotest-b]", "account: [root]")]
    [InlineData("version: 1", "version: 1\nunknown: key")]
    [InlineData("  - name: everyone\n    match: {}", "  - name: everyone\n    match: {}\n    account: nowhere")]
    public void AFaultIsToldAndTheServiceDoesNotStart(string good, string bad)
    {
        string policy = Site.Policy.Replace(good, bad, StringComparison.Ordinal);
        Assert.NotEqual(Site.Policy, policy);
        Service service = Service.Prepare(policy);
        try
        {
            Outcome check = service.Shell.Bash($"$ROOT policy check {service.Root}/policy.yaml 2>&1");
            Assert.NotEqual(0, check.Code);
            Assert.Matches(@"policy\.yaml:\d+:\d+: .*Fix: ", check.Output);

            List<string> log = [];
            using var daemon = service.StartDaemon(log.Add);
            Assert.True(daemon.WaitForExit(Until.Deadline(20)), "the service started with a faulty policy");
            Assert.NotEqual(0, daemon.ExitCode);
            Assert.Contains(log, l => l.Contains("policy.yaml:", StringComparison.Ordinal));
            Assert.Null(service.Warden);
        }
        finally
        {
            service.Remove();
        }
    }

    [SkippableFact]
    public void ABadFileOnReloadLeavesTheGoodOneInForce()
    {
        using Service service = Service.Start();
        File.WriteAllText(service.Root + "/policy.yaml", Site.Policy.Replace("default: setuid", "default: nothing", StringComparison.Ordinal));
        Assert.NotEqual(0, service.Shell.Bash("$ROOT policy reload").Code);
        HostProcess.Signal(service.Daemon.Id, 1);
        service.Shell.Bash("$A run -- true").Silent();
        File.WriteAllText(service.Root + "/policy.yaml", Site.Policy.Replace("isotest-a, ", "", StringComparison.Ordinal));
        service.Shell.Bash("$ROOT policy reload").Expect(0);
        service.Shell.Bash("$A run -- true").Refused(241);
        service.Shell.Bash("$B run -- true").Silent();
    }

    [SkippableFact]
    public void ExplainTellsTheDecisionAndRunsNothing()
    {
        using Service service = Service.Start();
        Outcome outcome = service.Shell.Bash("$A policy explain --claim /short/x -- touch $WORK/explained").Expect(0);
        Assert.Contains("short", outcome.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(service.Work + "/explained"));
    }
}
