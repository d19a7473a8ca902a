using System.Diagnostics;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: a service that is drained takes no new payloads, sees what it has to its end and tells everybody who waits, and then ends with 0; at its deadline it ends all
/// the same, and payloads run on for the next one. Only operators can ask for it.
/// </summary>
public sealed class DrainTests
{
    [SkippableTheory]
    [InlineData("", 0)]
    [InlineData("=5m", 0)]
    [InlineData("=0s", 1)]
    public void WhatRunsIsSeenToItsEndAndThenTheServiceEnds(string time, int code)
    {
        using Service service = Service.Start(Site.PrivatePolicy, place: "/opt");
        string[] job = service.Shell.Bash("$A run --detach --limit wall=60s -- sh -c 'sleep 3; exit 5'").Expect(0).Output.Split();
        using Client bound = service.Shell.StartPayload("sh -c 'sleep 2; exit 6'");
        using Process waiter = service.Shell.Start($"exec $A wait --handle {job[1]} {job[0]}");
        Thread.Sleep(300);
        int? warden = service.Warden;
        using Process drain = service.Shell.Start($"exec {service.Programs}/isolationd --drain{time} --run {service.Run}");
        if (code == 0)
        {
            Until.True(() => service.Shell.Bash("$ROOT status").Output.Contains("draining", StringComparison.Ordinal), 5, () => "it does not say that it is drained\n" + service.Log);
            string refused = service.Shell.Bash("$A run -- true").Refused(242);
            Assert.Contains("drained", refused, StringComparison.Ordinal);
            Assert.Contains("drained", service.Shell.Bash("$ROOT doctor").Output, StringComparison.Ordinal);
        }

        Assert.True(drain.WaitForExit(Until.Deadline(20)), "it waits on\n" + service.Log);
        Assert.True(drain.ExitCode == code, $"{drain.ExitCode}: {drain.StandardOutput.ReadToEnd()}{drain.StandardError.ReadToEnd()}\n{service.Log}");
        Assert.True(service.Daemon.WaitForExit(Until.Deadline(1)), "it has said that it is over, and is not\n" + service.Log);
        Assert.True(service.Daemon.ExitCode == 0, service.Log);
        if (code == 0)
            Until.True(() => service.Warden is null, 5, () => "the warden of a service that was started by root lives on");
        else
            Assert.Equal(warden, service.Warden);
        if (code != 0)
            service.Launch();
        Assert.Equal(6, bound.Wait());
        if (code == 0)
        {
            Assert.True(waiter.WaitForExit(Until.Deadline(5)), "who waited was told nothing");
            Assert.Equal(2, service.Count("ended"));
            service.Shell.Bash("$A run -- true").Refused(242);
            service.Launch();
        }

        Assert.True(waiter.WaitForExit(Until.Deadline(20)));
        Assert.Equal(5, waiter.ExitCode);
        Assert.Equal("operator uid 0", service.Records("event").Single(e => e.GetProperty("what").GetString() == "draining").GetProperty("details").GetProperty("asked-by").GetString());
        service.Shell.Bash("$A run -- true").Silent();
    }

    [SkippableFact]
    public void WhatWaitsForItsTurnWhenItIsAskedIsStillRun()
    {
        using Service service = Service.Start(Site.PrivatePolicy, place: "/opt");
        using Process clients = service.Shell.Start("mkdir codes; for i in $(seq 30); do ( $A run -- sh -c 'sleep 0.2; exit 7' < /dev/null 2> /dev/null; echo $? > codes/$i ) & done; wait");
        Until.True(() => service.Count("started") > 0, 10, () => service.Log);
        service.Shell.Bash($"{service.Programs}/isolationd --drain --run {service.Run}").Expect(0);
        Assert.True(clients.WaitForExit(Until.Deadline(20)));
        string[] codes = [.. Directory.GetFiles(service.Work + "/codes").Select(f => File.ReadAllText(f).Trim())];
        Assert.All(codes, code => Assert.Contains(code, new[] { "7", "242" }));
        Assert.Equal(codes.Count(code => code == "7"), service.Count("ended"));
        Assert.Equal(service.Count("admitted"), service.Count("ended"));
        service.VerifyLedger();
    }

    [SkippableFact]
    public void NobodyElseCanAskForItAndAnIdleServiceEndsAtOnce()
    {
        using Service service = Service.Start();
        string drain = $"{service.Programs}/isolationd --drain --run {service.Run}";
        Outcome refused = service.Shell.Bash($"setpriv --reuid={Site.PilotA} --regid={Site.PilotA} --clear-groups -- {drain}").Expect(77);
        Assert.Contains("operators", refused.Errors, StringComparison.Ordinal);
        service.Shell.Bash("$A run -- true").Silent();
        service.Shell.Bash($"{service.Programs}/isolationd --drain=never --run {service.Run}").Expect(64);
        Stopwatch watch = Stopwatch.StartNew();
        service.Shell.Bash(drain).Expect(0);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.True(service.Daemon.WaitForExit(Until.Deadline(1)));
        service.Shell.Bash(drain).Expect(69);
    }
}
