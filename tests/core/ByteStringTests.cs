namespace Isolation.Core.Tests;

/// <summary>Promise: an argument or path is kept byte by byte, and none can hold the NUL at which the kernel would cut it.</summary>
public sealed class ByteStringTests
{
    [Fact]
    public void EveryByteButNulIsKept()
    {
        byte[] bytes = [.. Enumerable.Range(1, 255).Select(b => (byte)b)];
        Assert.True(ByteString.TryFrom(bytes, out ByteString value));
        Assert.Equal(255, value.Length);
        Assert.Equal(bytes, value.Span.ToArray());
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 65, 0 })]
    [InlineData(new byte[] { 0, 65 })]
    public void ANulIsRefused(byte[] bytes)
    {
        Assert.False(ByteString.TryFrom(bytes, out ByteString value));
        Assert.Equal(0, value.Length);
    }

    [Fact]
    public void ANulInTextIsRefused() => Assert.Throws<ArgumentException>(() => ByteString.FromText("a\0b"));

    [Fact]
    public void EqualityIsThatOfTheBytes()
    {
        ByteString left = ByteString.FromText("same"), right = ByteString.FromText("same"), other = ByteString.FromText("sama");
        Assert.True(left == right);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.True(left != other);
        Assert.False(left.Equals((object)"same"));
        Assert.Equal(default, ByteString.FromText(""));
    }
}
