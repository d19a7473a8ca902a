using Isolation.Wire;

namespace Isolation.Cells.Tests;

/// <summary>A digest is remembered only where the same identity means the same content.</summary>
public sealed class DigestMemoryTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Digest = [1, 2, 3];
    private readonly DigestMemory _memory = new(new FixedClock());

    [Fact]
    public void An_old_regular_local_file_is_remembered()
    {
        FileIdentity file = Changed(TimeSpan.FromMinutes(3));
        Assert.Null(_memory.Find(file));
        _memory.Remember(file, Digest);
        Assert.Equal(Digest, _memory.Find(file));
    }

    [Fact]
    public void Any_other_identity_is_another_file()
    {
        FileIdentity file = Changed(TimeSpan.FromMinutes(3));
        _memory.Remember(file, Digest);
        Assert.Null(_memory.Find(file with { Device = 9 }));
        Assert.Null(_memory.Find(file with { Inode = 9 }));
        Assert.Null(_memory.Find(file with { Size = 9 }));
        Assert.Null(_memory.Find(file with { ChangedNanoseconds = file.ChangedNanoseconds + 1 }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(40)] // a page that is mapped and dirty can be written for half a minute without the ctime moving
    [InlineData(-100)]
    public void A_file_changed_lately_or_in_the_future_is_not(int seconds)
    {
        FileIdentity file = Changed(TimeSpan.FromSeconds(seconds));
        _memory.Remember(file, Digest);
        Assert.Null(_memory.Find(file));
    }

    [Fact]
    public void A_file_elsewhere_or_none_at_all_is_not()
    {
        foreach (FileIdentity file in new[] { Changed(TimeSpan.FromDays(1)) with { IsLocal = false }, Changed(TimeSpan.FromDays(1)) with { IsRegular = false } })
        {
            _memory.Remember(file, Digest);
            Assert.Null(_memory.Find(file));
        }
    }

    [Fact]
    public void It_does_not_grow_without_bound()
    {
        FileIdentity file = Changed(TimeSpan.FromDays(1));
        for (int i = 0; i <= 10_000; i++)
            _memory.Remember(file with { Inode = i }, Digest);
        int known = Enumerable.Range(0, 10_001).Count(i => _memory.Find(file with { Inode = i }) is not null);
        Assert.InRange(known, 1, 10_000);
    }

    private static FileIdentity Changed(TimeSpan ago)
        => new(1, 2, 3, (Now - ago - DateTimeOffset.UnixEpoch).Ticks * 100, IsRegular: true, IsLocal: true);

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
