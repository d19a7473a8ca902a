using System.Text;

namespace Isolation.Core.Tests;

/// <summary>Promise: a name of an exchanged file stays in the scratch.</summary>
public sealed class FileExchangeTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("a/b c/..d", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a//b", false)]
    [InlineData(".", false)]
    [InlineData("a/./b", false)]
    [InlineData("..", false)]
    [InlineData("a/../../b", false)]
    [InlineData("a\0b", false)]
    public void ANameHasNoWayOut(string name, bool isOne) => Assert.Equal(isOne, FileExchange.IsName(Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void ANameIsBounded()
    {
        Assert.True(FileExchange.IsName(new byte[FileExchange.LongestName].Select(_ => (byte)'x').ToArray()));
        Assert.False(FileExchange.IsName(new byte[FileExchange.LongestName + 1].Select(_ => (byte)'x').ToArray()));
    }
}
