using System.Text.Json;

namespace Isolation.Probes.Tests;

/// <summary>Promise: the report of log-only shows what it does not separate as broken, with evidence, and what holds there all the same.</summary>
[Collection(LogOnlyRunTests.Name)]
public sealed class LogOnlySeparationTests(LogOnlyRun run)
{
    private const string Held = "held", Broke = "broke", Policy = "differs by policy", None = "not applicable";

    /// <summary>The verdicts: a payload is its pilot. Where more than one is named the host decides.</summary>
    public static TheoryData<string, string[]> Table => new()
    {
        // The pilot's credentials, processes, memory, sockets, keys and environment are the payload's own.
        { "A1", [Broke] }, { "A2", [Broke] }, { "A3", [Broke] }, { "A6", [Broke] }, { "A7", [Broke] }, { "A8", [Broke] }, { "A9", [Broke] }, { "A11", [Broke] },
        { "A4", [Held] }, // but the start leaves it no descriptor
        // So is every other payload of the pilot's.
        { "B1", [Broke] }, { "B2", [Broke] }, { "B3", [Broke] }, { "B4", [Broke] }, { "B5", [Broke] }, { "B8", [Broke] }, { "B9", [Broke] }, { "B12", [Broke] },
        { "B6", [Policy] }, { "B10", [None, Held, Policy, Broke] }, { "B11", [Held, Broke] }, { "B15", [Policy] }, { "B16", [None, Policy] },
        // No filter, no bounds, set-id programs take effect.
        { "C1", [Broke, Held] }, { "C2", [Broke] }, { "C3", [None, Held, Broke] }, { "C4", [Held, Broke, Policy] }, { "C6", [Held] }, { "C8", [Broke] },
        { "C10", [Broke] }, { "C11", [Held, Broke] }, { "C14", [Policy] }, { "C17", [Broke] },
        { "D1", [Broke] }, { "D2", [Broke, Held] }, { "D4", [Broke] }, { "D5", [Broke] }, { "D6", [Broke] },
        { "F5", [Broke] }, { "F6", [Broke] }, { "F7", [Broke] }, { "F8", [Held, Policy, Broke] }, { "F9", [Broke] }, { "F10", [Policy] },
        { "E5", [Broke] }, { "E6", [Broke] },
        // What needs no other account: the service cannot be asked from inside, cgroups and limits hold, its processes end with it, and all is on record.
        { "C9", [Held] }, { "C12", [Held, Broke] }, { "C13", [Held] }, { "C15", [Held] }, { "C18", [Held] }, { "D3", [Held] }, { "D7", [Held] },
        { "E1", [Held] }, { "E2", [Held] }, { "E3", [Policy, None] }, { "E14", [Held, None] },
        { "F1", [Held, None] }, { "F2", [Held, None] }, { "F4", [Held, None] }, { "F12", [Held] },
        { "G1", [Policy] }, { "G2", [Held, Policy, Broke] }, { "G4", [Held] }, { "G5", [Held] }, { "G6", [Held] }, { "G9", [Held] }, { "G12", [Held] },
    };

    [SkippableTheory]
    [MemberData(nameof(Table))]
    public void EachProbeComesToItsVerdict(string id, string[] verdicts) => run.Expect("log-only forked", id, verdicts);

    [Fact]
    public void TheTableNamesEveryProbe()
        => Assert.Equal(ProbeCatalog.All.Select(p => p.Id).Order(StringComparer.Ordinal), Table.Select(row => (string)((object[])row)[0]).Order(StringComparer.Ordinal));

    [SkippableFact]
    public void WhatBreaksIsToldByTheExitCodeAndWithEvidence()
    {
        Assert.Equal(1, run.Result.Code);
        Assert.Equal("", run.Result.Errors);
        Assert.Contains(run.Result.Lines, l => l.StartsWith("log-only forked A1 broke: read ", StringComparison.Ordinal) && l.Contains("-pilot-proxy-", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void AttackerVictimAndPilotAreOneAccount()
    {
        JsonElement level = run.Json.GetProperty("levels").EnumerateArray().Single();
        string pilot = run.Service.Shell.Bash($"id -u {Service.Tests.Site.PilotA}").Silent();
        Assert.Equal(pilot, level.GetProperty("attackerUid").ToString());
        Assert.Equal(pilot, level.GetProperty("victimUid").ToString());
    }
}
