namespace Isolation.Core.Tests;

/// <summary>Promise: a request can tighten a rule's limits and never loosen one.</summary>
public sealed class LimitsTests
{
    private static readonly Limits Rule = Of(TimeSpan.FromMinutes(10), 4 << 20, null, 100);

    [Fact]
    public void EachKindIsTightenedForItself()
    {
        var asked = Of(TimeSpan.FromMinutes(20), 1 << 20, 7, null);
        Assert.Equal(Of(TimeSpan.FromMinutes(10), 1 << 20, 7, 100), Rule.Tightest(asked));
    }

    [Fact]
    public void NothingAskedLeavesTheRule()
    {
        Assert.Equal(Rule, Rule.Tightest(Limits.None));
        Assert.Equal(Rule, Limits.None.Tightest(Rule));
        Assert.Equal(Limits.None, Limits.None.Tightest(Limits.None));
    }

    [Fact]
    public void TheTightestNeverExceedsEitherSideAndDoesNotDependOnTheOrder()
    {
        var random = new Random(2);
        for (int i = 0; i < 2_000; i++)
        {
            Limits left = Any(random), right = Any(random), both = left.Tightest(right);
            Assert.Equal(both, right.Tightest(left));
            Assert.Equal(both, both.Tightest(left).Tightest(right));
            foreach (Limits side in new[] { left, right })
            {
                Assert.False(side.Wall is { } wall && !(both.Wall <= wall));
                Assert.False(side.MemoryBytes is { } memory && !(both.MemoryBytes <= memory));
                Assert.False(side.Processes is { } processes && !(both.Processes <= processes));
                Assert.False(side.ScratchBytes is { } scratch && !(both.ScratchBytes <= scratch));
            }
        }
    }

    private static Limits Any(Random random)
    {
        long? One() => random.Next(3) == 0 ? null : random.Next(5);
        return Of(One() is { } seconds ? TimeSpan.FromSeconds(seconds) : null, One(), One(), One());
    }

    private static Limits Of(TimeSpan? wall, long? memory, long? processes, long? scratch)
        => new() { Wall = wall, MemoryBytes = memory, Processes = processes, ScratchBytes = scratch };
}
