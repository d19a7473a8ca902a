namespace Isolation.Core.Tests;

/// <summary>Promise: a pattern means what the reference says, and no text makes matching slow.</summary>
public sealed class GlobTests
{
    [Theory]
    [InlineData("alice", "alice", true)]
    [InlineData("alice", "alice2", false)]
    [InlineData("*", "", true)]
    [InlineData("/DC=ch/*/CN=*", "/DC=ch/OU=a/OU=b/CN=x", true)]
    [InlineData("/DC=ch/*/CN=*", "/DC=ch/CN=x", false)]
    [InlineData("a*b*c", "aXbXbc", true)]
    [InlineData("a*b*c", "aXbXbcd", false)]
    [InlineData("A*", "alice", false)]
    [InlineData("a?c", "abc", false)]
    [InlineData("a.c", "abc", false)]
    public void Matches(string pattern, string text, bool fits) => Assert.Equal(fits, new Glob(pattern).Matches(text));

    [Fact]
    public void Many_stars_are_not_slow()
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        Assert.False(new Glob(string.Concat(Enumerable.Repeat("*a", 100)) + "b").Matches(new string('a', 10_000)));
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2));
    }
}
