using System.Text.Json;

namespace Isolation.Probes.Tests;

/// <summary>Promise: what <c>setuid classic</c> separates and what it does not is known probe by probe, and a change is noticed.</summary>
[Collection(ClassicRunTests.Name)]
public sealed class ClassicTests(ClassicRun run)
{
    private const string Held = "held", Broke = "broke", Policy = "differs by policy", None = "not applicable";

    /// <summary>
    /// The verdicts. Where two are named the host decides: which devices, sockets and directories it has, what its kernel lets everybody do.
    /// </summary>
    public static TheoryData<string, string[]> Table => new()
    {
        { "A1", [Held] }, { "A3", [Held] }, { "A4", [Held] }, { "A7", [Held] }, { "A8", [Held] }, { "A9", [Held] }, { "A11", [Held] },
        { "A2", [Broke] }, // arguments of every process of the host are shown
        { "A6", [Broke] }, // abstract sockets, and sockets in /tmp
        { "B1", [Broke] }, { "B4", [Broke] }, { "B5", [Broke] }, { "B9", [Broke] }, // the host's /proc, /tmp, IPC and cgroups are the payload's
        { "B2", [Held] }, { "B3", [Held] }, { "B11", [Held, Broke] }, { "B12", [Held] },
        { "B6", [Policy] }, { "B8", [Policy] }, { "B10", [None, Held, Policy] }, { "B15", [Policy] }, { "B16", [None, Policy] },
        { "C1", [Broke, Held] }, // world-writable places of the host, such as /run/lock
        { "C2", [Held] }, { "C3", [None, Held] }, { "C4", [Held, Broke, Policy] }, { "C6", [Held] }, { "C8", [Held] }, { "C9", [Held] }, { "C10", [Held] },
        { "C11", [Held] }, { "C12", [Held] }, { "C13", [Held] }, { "C14", [Policy] }, { "C15", [Held] }, { "C17", [Held] }, { "C18", [Held] },
        { "D1", [Held] }, // its filter is an allow-list
        { "D2", [Held] },
        { "D3", [Held] }, { "D4", [Held] }, { "D5", [Held, Broke] }, { "D6", [Policy, Held] }, { "D7", [Held] },
        { "E1", [Held] }, { "E2", [Held] }, { "E3", [Held, None] }, { "E14", [Held, None] }, // a host without FUSE has nothing that sleeps
        { "E5", [Broke] }, { "E6", [Broke] }, // looked for by the service and told as residue
        { "F1", [Held, None] }, { "F2", [Held, None] }, { "F4", [Held, None] }, { "F5", [Held] }, { "F6", [None, Held, Policy] }, { "F7", [Held] }, { "F8", [Held, Policy] },
        { "F9", [Held] }, { "F10", [Policy] }, { "F12", [Held] }, { "G1", [Policy] }, { "G2", [Held, Policy, Broke] },
        { "G4", [Held] }, { "G5", [Held] }, { "G6", [Held] }, { "G9", [Held] }, { "G12", [Held] },
    };

    [SkippableTheory]
    [MemberData(nameof(Table))]
    public void EachProbeComesToItsVerdict(string id, string[] verdicts) => run.Expect("setuid classic", id, verdicts);

    [SkippableFact]
    public void TheTableNamesEveryProbe()
        => Assert.Equal(
            run.Json.GetProperty("probes").EnumerateArray().Select(p => p.GetProperty("id").GetString()!).Order(StringComparer.Ordinal),
            Table.Select(row => (string)((object[])row)[0]).Order(StringComparer.Ordinal));

    [SkippableFact]
    public void WhatBreaksIsToldByTheExitCodeAndWithEvidence()
    {
        Assert.Equal(1, run.Result.Code);
        Assert.Equal("", run.Result.Errors);
        Assert.False(run.Json.GetProperty("good").GetBoolean());
        Assert.Contains(run.Result.Lines, l => l.StartsWith("setuid classic B4 broke: read /tmp/separation-", StringComparison.Ordinal) && l.Contains("-pilot-tmp-marker-", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void AttackerAndVictimAreTwoAccountsAndNeitherThePilots()
    {
        JsonElement level = run.Json.GetProperty("levels").EnumerateArray().Single();
        long attacker = level.GetProperty("attackerUid").GetInt64(), victim = level.GetProperty("victimUid").GetInt64();
        Assert.NotEqual(attacker, victim);
        Assert.True(attacker >= Isolation.Service.Tests.Site.FirstUid && victim >= Isolation.Service.Tests.Site.FirstUid);
    }

    [SkippableFact]
    public void ALevelTakesLessThanAMinute()
        => Assert.True(run.Elapsed < Isolation.Service.Tests.Until.Deadline(60), $"{run.Elapsed}");

    [SkippableFact]
    public void NothingOfItIsLeftOnTheHost()
    {
        _ = run.Result;
        foreach (string place in new[] { "/tmp", "/var/tmp", "/dev/shm", "/run/lock" }.Where(Directory.Exists))
            Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(place), p => Path.GetFileName(p).StartsWith("separation-", StringComparison.Ordinal));
        Assert.DoesNotContain(Isolation.Service.Tests.HostProcess.All(), p => p.CommandLine.Contains("/separation wait ", StringComparison.Ordinal));
    }
}
