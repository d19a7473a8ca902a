namespace Isolation.Wire.Tests;

/// <summary>Promise: a frame says its length first, big-endian, and one that would be empty or too large is refused before it is read.</summary>
public sealed class FrameFormatTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(FrameFormat.MaxFrame)]
    public void ALengthReadsBack(int length)
    {
        byte[] prefix = new byte[FrameFormat.PrefixSize];
        FrameFormat.WritePrefix(prefix, length);
        Assert.Equal(length, FrameFormat.ReadPrefix(prefix));
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("00a00001")]
    [InlineData("7fffffff")]
    [InlineData("80000000")]
    [InlineData("ffffffff")]
    public void EmptyAndOversizedFramesAreRefused(string prefix)
        => Assert.Throws<WireException>(() => FrameFormat.ReadPrefix(Convert.FromHexString(prefix)));

    [Fact]
    public void TheLargestCommandFitsIntoAFrame()
        => Assert.True(CommandBlock.MaxSize / 3 * 4 < FrameFormat.MaxFrame);
}
