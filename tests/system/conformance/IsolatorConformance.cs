using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: whatever the level, a payload's streams, arguments, signals, limits, ending, usage and record are the same to its pilot and its
/// site. Each level and kind of room derives from this and says only how it is had.
/// </summary>
public abstract class IsolatorConformance
{
    private protected abstract Service Get();

    /// <summary>More options of <c>isolation run</c>.</summary>
    private protected virtual string Options => "";

    private protected abstract string Level { get; }

    /// <summary>The payload runs as somebody else than its pilot.</summary>
    private protected virtual bool HasAnAccountOfItsOwn => true;

    /// <summary>The memory limit bounds the payload alone.</summary>
    private protected virtual bool EnforcesLimits => true;

    [SkippableTheory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 77", 77)]
    [InlineData("kill -TERM $$", 143)]
    [InlineData("kill -KILL $$", 137)]
    public void ItsEndingIsToldAsItWas(string script, int code)
    {
        Outcome outcome = Run($"bash -c '{script}'");
        outcome.Expect(code);
        Assert.Equal("", outcome.Errors);
    }

    [SkippableFact]
    public void StreamsAreTheCallersOwn()
    {
        Outcome outcome = Get().Shell.Bash($"$A run {Options} -- sh -c 'cat; echo err >&2' < <(printf 'in\\0put') > >(cat) 2> >(cat >&2)");
        outcome.Expect(0);
        Assert.Equal("in\0put", outcome.Output);
        Assert.Equal("err\n", outcome.Errors);
    }

    [SkippableFact]
    public void ArgumentsPassByteByByte()
        => Assert.Equal("<a b><><\u00e9*><-x>", Run("""printf '<%s>' 'a b' '' 'é*' -x""").Silent());

    [SkippableFact]
    public void DescriptorsAreThreeAndSignalsAtTheirDefaults()
    {
        Assert.Equal(["0", "1", "2", "3"], Run("ls /proc/self/fd < /dev/null").Lines); // 3 is the directory that ls reads
        Assert.All(Run("grep -E ^Sig[BI] /proc/self/status").Lines, line => Assert.EndsWith("0000000000000000", line, StringComparison.Ordinal));
    }

    [SkippableFact]
    public void ItRunsAsItsAccountWithItsGroupsOnly()
    {
        string[] ids = Run("sh -c 'id -u; id -g; id -G'").Lines;
        Assert.Equal(HasAnAccountOfItsOwn, uint.Parse(ids[0], System.Globalization.CultureInfo.InvariantCulture) >= Site.FirstUid);
        Assert.Equal(ids[1], ids[2]);
    }

    [SkippableFact]
    public void AMissingCommandIsRefusedAndNotThePayloadsFailure()
        => Assert.InRange(Run("/no/such/program").Code, 240, 249);

    [SkippableTheory]
    [InlineData(15, 0, "TERM")]
    [InlineData(10, 0, "USR1")]
    [InlineData(2, 0, "INT")]
    public void ASignalToTheClientReachesIt(int signal, int code, string name)
    {
        using Client client = Start($"bash -c 'trap \"echo {name}; exit {code}\" {name}; echo ready; while :; do sleep 0.05; done'");
        Assert.Equal("ready", client.ReadLine());
        client.Signal(signal);
        Assert.Equal(name, client.ReadLine());
        Assert.Equal(code, client.Wait());
    }

    [SkippableFact]
    public void AKilledClientTakesItsPayloadAlong()
    {
        Client client = Start("sleep 613");
        int pid = client.Pid;
        client.Dispose();
        Until.True(() => !HostProcess.All().Any(p => p.Pid == pid && p.CommandLine.Contains("sleep", StringComparison.Ordinal)), 5, () => "the payload outlived its client");
        Until.True(() => Ended(client.Id) is not null, 10, () => "the ending was not recorded");
        Assert.Equal("abandoned", Ended(client.Id)!.Value.GetProperty("ending").GetProperty("kind").GetString());
    }

    [SkippableFact]
    public void WhatItLeavesInTheBackgroundIsGoneWithIt()
    {
        Run("bash -c 'setsid -f sleep 614; setsid -f bash -c \"trap : TERM; sleep 614\"; sleep 0.2'").Expect(0);
        Assert.True(Until.Try(() => !HostProcess.All().Any(p => p.CommandLine.Contains("sleep\0" + "614", StringComparison.Ordinal)), 3), "a process of the payload outlived it");
    }

    [SkippableFact]
    public void TheWallLimitEndsIt()
        => Assert.Equal(247, Run("sleep 60", "--limit wall=1s").Code);

    [SkippableFact]
    public void TheMemoryLimitIsToldAsWhatItIs()
    {
        Skip.IfNot(EnforcesLimits, "the level bounds no memory");
        Outcome outcome = Run("/usr/bin/python3 -c 'x = bytearray(300 << 20)'", "--limit memory=64MiB");
        Assert.Equal(250, outcome.Code);
        Assert.Contains("memory", outcome.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void WhatItUsedIsMeasuredAndRecorded()
    {
        (JsonElement payload, _) = Told("bash -c 'for ((i = 0; i < 300000; i++)); do :; done'");
        long cpu = payload.GetProperty("usage").GetProperty("cpuUserMicroseconds").GetInt64();
        Assert.InRange(cpu, 50_000, 20_000_000);
        Assert.Equal(cpu, Ended(payload.GetProperty("id").GetString()!)!.Value.GetProperty("usage").GetProperty("cpuUserMicroseconds").GetProperty("value").GetInt64());
    }

    [SkippableFact]
    public void TheRecordSaysWhoRanWhatWhereAndHowItEnded()
    {
        (JsonElement payload, int code) = Told("bash -c 'exit 5'");
        Assert.Equal(5, code);
        string id = payload.GetProperty("id").GetString()!;
        JsonElement admitted = Record("admitted", id)!.Value, ended = Ended(id)!.Value;
        Assert.Equal(Level, admitted.GetProperty("decision").GetProperty("level").GetString());
        Assert.Equal("everyone", admitted.GetProperty("decision").GetProperty("rule").GetString());
        Assert.Equal("exited", ended.GetProperty("ending").GetProperty("kind").GetString());
        Assert.Equal(5, ended.GetProperty("ending").GetProperty("code").GetInt32());
        Get().VerifyLedger();
    }

    [SkippableFact]
    public void AnOperatorCanEndIt()
    {
        using Client client = Start("sleep 615");
        Get().Shell.Bash($"$ROOT kill {client.Id} --signal KILL").Expect(0);
        Assert.Equal(248, client.Wait());
    }

    private Outcome Run(string command, string options = "") => Get().Shell.Bash($"$A run {Options} {options} -- {command}");

    private Client Start(string command) => Get().Shell.StartPayload(command, Options);

    private (JsonElement Payload, int Code) Told(string command)
    {
        string file = $"{Get().Work}/told-{Guid.NewGuid():N}";
        int code = Run(command, $"--status-file {file}").Code;
        return (JsonDocument.Parse(File.ReadAllLines(file)[^1]).RootElement, code);
    }

    private JsonElement? Ended(string id) => Record("ended", id);

    private JsonElement? Record(string type, string id)
        => Get().LedgerText().Split('\n').FirstOrDefault(line => line.Contains($"\"type\":\"{type}\"", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal)) is string line
            ? JsonDocument.Parse(line).RootElement : null;
}
