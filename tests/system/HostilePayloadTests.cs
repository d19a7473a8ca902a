namespace Isolation.Service.Tests;

/// <summary>Promise: whatever a payload leaves behind, forks away, or does not let go of is gone when it is over, and its leaf is proven empty.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class HostilePayloadTests(SharedService shared)
{
    [SkippableTheory]
    [InlineData("setsid sleep 71 >/dev/null 2>&1 < /dev/null &")]
    [InlineData("(setsid sh -c \"setsid sleep 72 & exit\" &) >/dev/null 2>&1 < /dev/null")]
    [InlineData("sh -c \"trap : TERM HUP INT; while :; do sleep 73; done\" >/dev/null 2>&1 &")]
    [InlineData("for i in 1 2 3 4 5 6 7 8 9; do nohup sleep 74 >/dev/null 2>&1 & done")]
    public void WhatItLeavesInTheBackgroundIsKilled(string body)
    {
        Service service = shared.Get();
        Outcome outcome = service.Shell.Bash($"$A run --status-file $WORK/hp-$$ -- sh -c '{body}\nsleep 0.2; exit 3'; c=$?; tail -n 1 $WORK/hp-$$ >&2; exit $c");
        outcome.Expect(3);
        uint uid = System.Text.Json.JsonDocument.Parse(outcome.Errors).RootElement.GetProperty("account").GetProperty("uid").GetUInt32();
        Assert.Empty(HostProcess.OfUid(uid));
    }

    [SkippableFact]
    public void AForkBombIsGoneAndTheServiceUnharmed()
    {
        Service service = shared.Get();
        string file = $"{service.Work}/bomb-{Guid.NewGuid():N}";
        // The pilot's own limit on processes holds for the payload too (a ceiling), so that the bomb is bounded.
        Outcome outcome = service.Shell.Bash(
            $"ulimit -u 300; $A run --status-file {file} --limit wall=2s -- bash -c 'trap \"\" TERM; b() {{ b | b & }}; b 2>/dev/null; sleep 50' 2>&1", seconds: 60);
        outcome.Expect(247);
        uint uid = System.Text.Json.JsonDocument.Parse(File.ReadAllLines(file)[^1]).RootElement.GetProperty("account").GetProperty("uid").GetUInt32();
        Assert.Empty(HostProcess.OfUid(uid));
        service.Shell.Bash("$A run -- true").Silent();
    }

    [SkippableFact]
    public void ThePilotsLimitsAreCeilings()
    {
        Outcome outcome = shared.Get().Shell.Bash("ulimit -u 321; ulimit -n 123; ulimit -f 1000; $A run -- bash -c 'ulimit -Hu; ulimit -Hn; ulimit -Hf'");
        outcome.Silent();
        Assert.Equal(["321", "123", "1000"], outcome.Lines);
    }

    [SkippableFact]
    public void ASecondStickyPayloadKeepsRunningWhenTheFirstEnds()
    {
        Service service = shared.Get();
        using Client other = service.Shell.StartPayload("sleep 60", "--claim /sticky/frank");
        service.Shell.Bash("$A run --claim /sticky/frank -- sh -c 'setsid sleep 75 >/dev/null 2>&1 & exit 0'").Expect(0);
        Assert.True(HostProcess.IsAlive(other.Pid));
        Assert.Equal([other.Pid], HostProcess.OfUid(other.Uid));
    }

    [SkippableFact]
    public void FilesInScratchOfAnyShapeAreGone()
    {
        Outcome outcome = shared.Get().Shell.Bash("$A run -- bash -c 'pwd; mkdir -p a/b/c; ln -s / a/link; mkfifo p; touch $'\"'\"'\\xff'\"'\"'; chmod 0 a/b; ln -s /etc/passwd q'");
        Assert.False(Directory.Exists(outcome.Silent()));
        Assert.True(File.Exists("/etc/passwd"));
    }
}
