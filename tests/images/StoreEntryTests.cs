namespace Isolation.Images.Tests;

/// <summary>Promise: the note beside an image grows no further than it can be read, and what is no note is none.</summary>
public sealed class StoreEntryTests
{
    [Fact]
    public void Of_sources_the_newest_hundred_are_kept()
    {
        StoreEntry entry = new(1, []);
        for (int i = 0; i < 150; i++)
            entry = entry.With($"{i}");
        Assert.Equal(Enumerable.Range(50, 100).Select(i => $"{i}"), entry.Sources);
        Assert.Same(entry, entry.With("149"));
        Assert.Equal(entry.Sources, StoreEntry.TryRead(entry.ToJson())!.Sources);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"bytes":-1,"sources":[]}""")]
    [InlineData("""{"bytes":"x","sources":[]}""")]
    public void What_is_no_note(string text) => Assert.Null(StoreEntry.TryRead(System.Text.Encoding.UTF8.GetBytes(text)));
}
