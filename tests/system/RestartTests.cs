namespace Isolation.Service.Tests;

/// <summary>Promise: a service that was stopped or killed comes back on its directories: accounts are kept, the chain goes on, and payloads run.</summary>
public sealed class RestartTests
{
    [SkippableTheory]
    [InlineData(15)]
    [InlineData(9)]
    public void ItComesBackWithItsAccountsAndItsLedger(int signal)
    {
        using Service service = Service.Start();
        string first = service.Shell.Bash("$A run --claim /sticky/grace -- id -u").Silent();
        int? warden = service.Warden;
        Until.True(() => service.Shell.Bash("$ROOT status --json").Output.Contains("\"running\":0,", StringComparison.Ordinal), 5, () => service.Log);
        service.StopDaemon(signal);
        if (signal == 9)
            Assert.Equal(warden, service.Warden); // a living warden of that run directory is kept
        service.Shell.Bash("$A run -- true").Refused(242);
        service.Launch();
        Assert.Equal(first, service.Shell.Bash("$B run --claim /sticky/grace -- id -u").Silent());
        service.VerifyLedger();
        Assert.Equal(2, service.Shell.Bash("$ROOT trace --json").Expect(0).Lines.Count(l => l.Contains("\"admitted\"", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void AKilledWardenMakesItUnavailableUntilTheSameCommandBringsItBack()
    {
        using Service service = Service.Start();
        HostProcess.Signal(service.Warden!.Value, 9);
        Until.True(() => service.Warden is null, 5, () => "the warden lives");
        Outcome outcome = service.Shell.Bash("$A run -- true");
        Assert.Contains(outcome.Code, new[] { 242, 244 });
        service.StopDaemon(15);
        service.Launch();
        service.Shell.Bash("$A run -- true").Silent();
    }
}
