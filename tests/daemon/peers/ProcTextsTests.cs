using Isolation.Linux;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: what /proc says of a peer is read as it is, whatever the peer calls itself.</summary>
public sealed class ProcTextsTests
{
    private const string Fields = "S 1 1 1 0 -1 4194560 100 200 0 0 1 2 3 4 20 0 1 0 777888 1000000 200 18446744073709551615";

    [Theory]
    [InlineData("(true)")]
    [InlineData("(a b)")]
    [InlineData("(x) S 1 2 3 (y)")]
    public void TheStartTimeIsFoundBehindAnyName(string name) => Assert.Equal(777888UL, ProcessStamp.StartTimeIn($"42 {name} {Fields}\n"));

    [Theory]
    [InlineData("")]
    [InlineData("42 (x) S 1 2")]
    [InlineData("nothing")]
    public void ATextWithoutItIsAnError(string text) => Assert.Throws<FormatException>(() => ProcessStamp.StartTimeIn(text));

    [Fact]
    public void TheSoftStackLimitIsRead()
    {
        const string limits = """
            Limit                     Soft Limit           Hard Limit           Units
            Max cpu time              unlimited            unlimited            seconds
            Max stack size            8388608              unlimited            bytes
            """;
        Assert.Equal(8388608, ProcTexts.SoftStackLimit(limits));
        Assert.Null(ProcTexts.SoftStackLimit(limits.Replace("8388608  ", "unlimited", StringComparison.Ordinal)));
        Assert.Throws<FormatException>(() => ProcTexts.SoftStackLimit("Max cpu time 1 1 seconds"));
    }
}
