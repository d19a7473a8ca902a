namespace Isolation.Core.Tests;

/// <summary>Promise: ids and names have one spelling, which is read back, and everything else is refused.</summary>
public sealed class NamesTests
{
    [Fact]
    public void LevelsAreOrderedAndTheirNamesReadBack()
    {
        Assert.Equal(LevelNames.All.Order(), LevelNames.All);
        Assert.Equal(Enum.GetValues<Level>(), LevelNames.All);
        foreach (Level level in LevelNames.All)
        {
            Assert.True(LevelNames.TryParse(level.Name(), out Level read));
            Assert.Equal(level, read);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Setuid")]
    [InlineData("setuid ")]
    [InlineData("1")]
    public void NoOtherNameIsALevel(string? name) => Assert.False(LevelNames.TryParse(name, out _));

    [Fact]
    public void EveryFlagHasANameOfItsOwnThatIsReadBack()
    {
        Flags(CeilingNames.Known);
        Flags(PlacementPropertyNames.Known);
        Flags(LimitNames.Known);
        Assert.Equal(["cpus", "devices"], (Ceilings.Devices | Ceilings.Cpus).Names().AsEnumerable());
        Assert.Equal(Ceilings.IoLimits, CeilingNames.Known.Set(["io-limits", "Devices", "devices ", ""]));

        static void Flags<T>(FlagNames<T> known)
            where T : struct, Enum
        {
            T[] all = [.. Enum.GetValues<T>().Where(flag => !flag.Equals(default(T)))];
            Assert.Equal(all.Length, known.Names.Distinct().Count());
            Assert.All(all, flag => Assert.Equal(flag, known.Set(known.Of(flag))));
            Assert.Equal(known.Names.AsEnumerable(), known.Of(known.All));
            Assert.Empty(known.Of(default));
        }
    }

    [Fact]
    public void ALevelOfNoNameIsABug() => Assert.Throws<ArgumentOutOfRangeException>(() => ((Level)9).Name());

    [Fact]
    public void PayloadIdsSortByTheTimeOfTheirRequest()
    {
        var clock = new SetClock { Now = DateTimeOffset.UnixEpoch.AddYears(50) };
        PayloadId first = PayloadId.New(clock);
        clock.Now = clock.Now.AddMilliseconds(1);
        PayloadId second = PayloadId.New(clock);
        Assert.True(string.CompareOrdinal(first.ToString(), second.ToString()) < 0);
        Assert.Equal('7', first.ToString()[14]);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("0189d1a2b3c47def8abc0123456789ab", false)]
    [InlineData("{0189d1a2-b3c4-7def-8abc-0123456789ab}", false)]
    [InlineData("0189d1a2-b3c4-7def-8abc-0123456789a", false)]
    [InlineData("0189d1a2-b3c4-7def-8abc-0123456789ab", true)]
    public void AnIdHasOneForm(string? text, bool valid)
    {
        Assert.Equal(valid, PayloadId.TryParse(text, out PayloadId payload));
        Assert.Equal(valid, CellId.TryParse(text, out CellId cell));
        if (valid)
        {
            Assert.Equal(text, payload.ToString());
            Assert.Equal(text, cell.ToString());
            Assert.Equal(cell, CellId.For(payload));
        }
    }

    [Fact]
    public void RootIsKnownByName()
    {
        Assert.True(new UserId(0).IsRoot);
        Assert.False(new UserId(1).IsRoot);
        Assert.Equal("2000000", new UserId(2_000_000).ToString());
        Assert.Equal("12", new GroupId(12).ToString());
        Assert.Equal("42", new ProcessId(42).ToString());
        Assert.Equal("none", JobKey.None.ToString());
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
