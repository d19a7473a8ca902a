namespace Isolation.Cells.Tests;

/// <summary>What was done is undone in reverse, whatever fails on the way, and what could not be undone is told.</summary>
public sealed class RollbackTests
{
    private readonly List<string> _undone = [];

    [Fact]
    public void Steps_are_undone_in_reverse_once()
    {
        Rollback undo = new("a test");
        foreach (string step in new[] { "one", "two", "three" })
        {
            undo.Begin(step);
            undo.Push(() => _undone.Add(step));
        }

        Assert.Equal("three", undo.Step);
        Assert.Null(undo.Unwind());
        Assert.Equal(["three", "two", "one"], _undone);
        Assert.Null(undo.Unwind());
        Assert.Equal(3, _undone.Count);
    }

    [Fact]
    public void A_step_that_cannot_be_undone_stops_no_other()
    {
        Rollback undo = new("a test");
        undo.Begin("one");
        undo.Push(() => _undone.Add("one"));
        undo.Begin("two");
        undo.Push(() => throw new IOException("no"));
        undo.Begin("three");
        undo.Push(() => throw new ObjectDisposedException("thing"));
        undo.Begin("four");
        undo.Push(() => "still there");
        string left = undo.Unwind()!;
        Assert.Equal(["one"], _undone);
        Assert.Contains("two: no", left, StringComparison.Ordinal);
        Assert.Contains("three: ", left, StringComparison.Ordinal);
        Assert.StartsWith("four: still there", left, StringComparison.Ordinal);
    }
}
