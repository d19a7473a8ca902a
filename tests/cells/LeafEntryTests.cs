using System.Diagnostics;
using Isolation.Isolators.LogOnly;
using Isolation.Linux;

namespace Isolation.Cells.Tests;

/// <summary>
/// Promise: a process is put into its leaf by number and proven by its pidfd; where the number was another's by then, that one is put back where it came
/// from and goes on, for its leaf is never killed.
/// </summary>
public sealed class LeafEntryTests : IDisposable
{
    private readonly OwnLeaf _own = new();

    public void Dispose() => _own.Dispose();

    [SkippableFact]
    public void One_that_lives_is_put_there()
    {
        Leaf leaf = _own.Make();
        Process process = _own.Sleep();
        using PidFd held = PidFd.TryOpen(process.Id, out _)!;
        Assert.IsType<LeafEntryResult.Placed>(LeafEntry.Put(leaf, held));
        Assert.Contains(leaf.Path, File.ReadAllText($"/proc/{process.Id}/cgroup"), StringComparison.Ordinal);
        Assert.False(leaf.IsEmpty);
    }

    [SkippableFact]
    public void One_that_is_over_moves_nobody()
    {
        Leaf leaf = _own.Make();
        using PidFd held = Over();
        Assert.IsType<LeafEntryResult.Over>(LeafEntry.Put(leaf, held));
        Assert.True(leaf.IsEmpty);
    }

    [SkippableFact]
    public void A_stranger_with_its_number_is_put_back_and_lives()
    {
        Leaf leaf = _own.Make();
        Process stranger = _own.Sleep();
        string before = File.ReadAllText($"/proc/{stranger.Id}/cgroup");
        using PidFd over = Over();
        // The number was looked at while its bearer lived, and is another's at the write.
        var result = Assert.IsType<LeafEntryResult.Unplaced>(LeafEntry.Put(leaf, over, stranger.Id, ProcessCgroups.Parse(before)));
        Assert.Null(result.Left);
        Assert.Equal(before, File.ReadAllText($"/proc/{stranger.Id}/cgroup"));
        Assert.False(stranger.HasExited);
        Assert.True(leaf.IsEmpty);
    }

    [SkippableFact]
    public void A_number_that_nobody_bears_any_more_is_unplaced()
    {
        Leaf leaf = _own.Make();
        using PidFd over = Over();
        var result = Assert.IsType<LeafEntryResult.Unplaced>(LeafEntry.Put(leaf, over, int.MaxValue, ProcessCgroups.Parse("0::/")));
        Assert.Null(result.Left);
    }

    private static PidFd Over()
    {
        using var process = Process.Start("sleep", ["60"]);
        PidFd held = PidFd.TryOpen(process.Id, out _)!;
        process.Kill();
        process.WaitForExit();
        return held;
    }
}
