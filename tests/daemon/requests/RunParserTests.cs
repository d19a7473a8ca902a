using System.Collections.Immutable;
using System.Text;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: a request out of bounds is refused with every fault named at once, each with its fix, and none out of bounds gets through.</summary>
public sealed class RunParserTests
{
    private static readonly Pilot Asker = new(new UserId(1000), new GroupId(1000), new ProcessId(1), 1, "pilot", "/", JobKey.None);

    [Fact]
    public void EveryFaultIsToldAtOnce()
    {
        var wire = new RunRequest
        {
            Command = [],
            ExplicitEnvironment = [Bytes("HOME=/root"), Bytes("nonsense"), Bytes("ISOLATION_HANDLE=x")],
            Level = "fortress",
            Claim = "a\nb",
            WorkingDirectory = Bytes("relative"),
            Limits = new WireLimits(WallMilliseconds: 0, MemoryBytes: -1),
            Tags = new Dictionary<string, string> { ["a b"] = "x", ["ok"] = new('v', RunParser.MaxTagValue + 1) },
        };
        ImmutableArray<Fault> faults = Refused(wire);
        Assert.Equal(11, faults.Length);
        Assert.All(faults, f => Assert.False(string.IsNullOrWhiteSpace(f.Fix)));
        foreach (string word in (string[])["command", "HOME", "explicitEnvironment[1]", "ISOLATION_HANDLE", "fortress", "subject", "working directory", "wall-clock", "memory", "a b", "\"ok\""])
            Assert.Contains(faults, f => f.What.Contains(word, StringComparison.Ordinal));

        ErrorAnswer answer = Errors.BadRequest(faults);
        Assert.Contains("(11)", answer.Message, StringComparison.Ordinal);
        Assert.Contains("(11)", answer.Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(128 * 1024 - 1, true)]
    [InlineData(128 * 1024, false)]
    public void AStringIsAtMostWhatExecveTakes(int length, bool isTaken)
        => Assert.Equal(isTaken, Parse(Run("/bin/echo", new string('x', length)), null, out _) is not null);

    [Fact]
    public void MoreThanTheStackLimitAllowsIsRefusedWithThatFigure()
    {
        string[] many = ["/bin/echo", .. Enumerable.Repeat(new string('x', 100_000), 21)];
        Assert.NotNull(Parse(Run(many), null, out _));
        Assert.Null(Parse(Run(many), 8 << 20, out ImmutableArray<Fault> faults));
        Assert.Contains(((8 << 20) / 4 - 2048).ToString(System.Globalization.CultureInfo.InvariantCulture), Assert.Single(faults).What, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoMebibytesPassUnderAnUnlimitedStackAndSixDoNot()
    {
        Assert.NotNull(Parse(Run(["/bin/echo", .. Enumerable.Repeat(new string('x', 100_000), 50)]), null, out _));
        Assert.Null(Parse(Run(["/bin/echo", .. Enumerable.Repeat(new string('x', 100_000), 65)]), null, out _));
    }

    [Fact]
    public void ANulIsRefusedWhereverItStands()
    {
        Assert.Contains("NUL", Assert.Single(Refused(new RunRequest { Command = [Bytes("a\0b")] })).What, StringComparison.Ordinal);
        Assert.Contains("NUL", Assert.Single(Refused(Run("/bin/true") with { WorkingDirectory = Bytes("/a\0") })).What, StringComparison.Ordinal);
        Assert.Contains("NUL", Assert.Single(Refused(Run("/bin/true") with { ExplicitEnvironment = [Bytes("A=\0")] })).What, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatAFrameLeavesOutIsEmpty()
    {
        var run = (RunRequest)ClientJson.ReadRequest("""{"type":"run","command":["L2Jpbi90cnVl"]}"""u8);
        ParsedRun parsed = Assert.IsType<ParsedRun>(Parse(run, null, out _));
        Assert.Empty(parsed.Request.Tags);
        Assert.Equal(Limits.None, parsed.Request.Limits);
        Assert.Equal("/bin/true", parsed.Request.Command.Single().ToString());
        Assert.Equal($"PATH={EnvironmentList.DefaultPath}", parsed.Request.Environment.Single().ToString());
    }

    [Fact]
    public void BytesThatAreNotTextReachTheCommandBlockUnchanged()
    {
        byte[] odd = [0xff, 0xfe, (byte)'\n'];
        ParsedRun parsed = Assert.IsType<ParsedRun>(Parse(new RunRequest { Command = [Bytes("/bin/echo"), odd], WorkingDirectory = [(byte)'/', 0x80] }, null, out _));
        CommandLayout layout = CommandBlock.Parse(parsed.CommandBlock);
        Assert.True(parsed.CommandBlock.AsSpan(layout.Arguments[1], odd.Length).SequenceEqual(odd));
        Assert.Equal(2, layout.DirectoryLength);
    }

    /// <summary>Each limit with its least and its most.</summary>
    public static TheoryData<string, long, long> Bounds => new()
    {
        { "wallMilliseconds", 1, 366L * 24 * 3600 * 1000 },
        { "memoryBytes", 1 << 20, 1L << 60 },
        { "swapBytes", 0, 1L << 60 },
        { "processes", 1, 4_194_304 },
        { "cpuWeight", 1, 10_000 },
        { "milliCpus", 1, 8_192_000 },
        { "ioWeight", 1, 10_000 },
        { "openFiles", 1, 1 << 30 },
        { "scratchBytes", 1, 1L << 60 },
    };

    [Theory]
    [MemberData(nameof(Bounds))]
    public void ALimitIsWithinItsBounds(string member, long least, long most)
    {
        foreach (long taken in (long[])[least, most])
            Assert.True(Parse(WithLimit(member, taken), null, out _)!.Request.Limits.Kinds != LimitKinds.None);
        foreach (long refused in (long[])[long.MinValue, -1, least - 1, most + 1, long.MaxValue])
        {
            Fault fault = Assert.Single(Refused(WithLimit(member, refused)));
            Assert.Contains(refused.ToString(System.Globalization.CultureInfo.InvariantCulture), fault.What, StringComparison.Ordinal);
            Assert.Contains($"{least} to {most}", fault.Fix, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EveryLimitIsReadAsItself()
    {
        var wire = new WireLimits(2_000, 3 << 20, 0, 4, 5, 6, 7, 8, 9);
        Assert.Equal(
            new Limits
            {
                Wall = TimeSpan.FromSeconds(2), MemoryBytes = 3 << 20, SwapBytes = 0, Processes = 4, CpuWeight = 5, MilliCpus = 6, IoWeight = 7, OpenFiles = 8, ScratchBytes = 9,
            },
            Parse(Run("/bin/true") with { Limits = wire }, null, out _)!.Request.Limits);
        Assert.Equal(wire, PlacementAnswers.Of(Parse(Run("/bin/true") with { Limits = wire }, null, out _)!.Request.Limits));
    }

    [Fact]
    public void EveryLimitOutOfBoundsIsToldAtOnce()
        => Assert.Equal(9, Refused(Run("/bin/true") with { Limits = new WireLimits(0, 0, -1, 0, 0, 0, 0, 0, 0) }).Length);

    [Theory]
    [InlineData("", false)]
    [InlineData("/C=DE/CN=Käthe \\ Ω", true)]
    [InlineData("a\u202eb", false)]
    [InlineData("a\ud800b", false)]
    public void ASubjectIsPrintable(string subject, bool isTaken)
        => Assert.Equal(isTaken, Parse(Run("/bin/true") with { Claim = subject }, null, out _) is not null);

    [Fact]
    public void TagsHaveTheirBounds()
    {
        Assert.Null(Parse(Run("/bin/true") with { Tags = Enumerable.Range(0, RunParser.MaxTags + 1).ToDictionary(i => $"t{i}", _ => "") }, null, out _));
        Assert.NotNull(Parse(Run("/bin/true") with { Tags = Enumerable.Range(0, RunParser.MaxTags).ToDictionary(i => $"t{i}", _ => "ü") }, null, out _));
        Assert.Null(Parse(Run("/bin/true") with { Tags = new Dictionary<string, string> { [new string('n', RunParser.MaxTagName + 1)] = "" } }, null, out _));
    }

    private static RunRequest WithLimit(string member, long value)
        => (RunRequest)ClientJson.ReadRequest(Bytes($$"""{"type":"run","command":["eA=="],"limits":{"{{member}}":{{value}}""" + "}}"));

    private static ImmutableArray<Fault> Refused(RunRequest wire)
    {
        Assert.Null(Parse(wire, null, out ImmutableArray<Fault> faults));
        return faults;
    }

    private static ParsedRun? Parse(RunRequest wire, long? stack, out ImmutableArray<Fault> faults)
        => RunParser.Parse(wire, PayloadId.New(TimeProvider.System), Asker, stack, out faults);

    private static RunRequest Run(params string[] command) => new() { Command = [.. command.Select(Bytes)] };

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
