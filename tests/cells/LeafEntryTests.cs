using System.Diagnostics;
using System.Globalization;
using Isolation.Isolators.LogOnly;
using Isolation.Linux;

namespace Isolation.Cells.Tests;

/// <summary>
/// Promise: a process is put into its leaf by number and proven by its pidfd; where the number was another's by then, that one is put back where it came
/// from and goes on, for its leaf is never killed.
/// </summary>
public sealed class LeafEntryTests : IDisposable
{
    private readonly string _parent = string.Create(CultureInfo.InvariantCulture, $"/iso-entry-{Environment.ProcessId}");
    private readonly List<Process> _started = [];
    private Leaf? _leaf;

    private static CgroupLayout Host { get; } = CgroupLayout.Read();

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        if (_leaf is null)
            return;
        Assert.True(SpinWait.SpinUntil(() => _leaf.Remove() is null, TimeSpan.FromSeconds(5)));
        _leaf.Dispose();
        foreach (string mount in Host.V1.Values.Append(Host.Unified!).Distinct())
            _ = Sys.TryRemoveDirectory(mount + _parent, out _);
    }

    [SkippableFact]
    public void One_that_lives_is_put_there()
    {
        Leaf leaf = NewLeaf();
        Process process = Sleep();
        using PidFd held = PidFd.TryOpen(process.Id, out _)!;
        Assert.IsType<LeafEntryResult.Placed>(LeafEntry.Put(leaf, held));
        Assert.Contains(leaf.Path, File.ReadAllText($"/proc/{process.Id}/cgroup"), StringComparison.Ordinal);
        Assert.False(leaf.IsEmpty);
    }

    [SkippableFact]
    public void One_that_is_over_moves_nobody()
    {
        Leaf leaf = NewLeaf();
        using PidFd held = Over();
        Assert.IsType<LeafEntryResult.Over>(LeafEntry.Put(leaf, held));
        Assert.True(leaf.IsEmpty);
    }

    [SkippableFact]
    public void A_stranger_with_its_number_is_put_back_and_lives()
    {
        Leaf leaf = NewLeaf();
        Process stranger = Sleep();
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
        Leaf leaf = NewLeaf();
        using PidFd over = Over();
        var result = Assert.IsType<LeafEntryResult.Unplaced>(LeafEntry.Put(leaf, over, int.MaxValue, ProcessCgroups.Parse("0::/")));
        Assert.Null(result.Left);
    }

    private Leaf NewLeaf()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "cgroups need root");
        Skip.If(Host.Unified is null, "needs a v2 hierarchy");
        Sys.MakeDirectory(Host.Unified + _parent, 0x1ed, orExisting: true);
        System.Collections.Immutable.ImmutableArray<V1Place> v1 = [];
        if (Host.V1.TryGetValue("memory", out string? memory))
        {
            Sys.MakeDirectory(memory + _parent, 0x1ed, orExisting: true);
            v1 = [new V1Place("memory", memory, _parent, V1Membership.Leaf)];
        }

        return _leaf = Leaf.Create(new LeafPlan(ProcessCgroups.LeafName(Guid.NewGuid()), Host.Unified!, _parent, v1, []), new HashSet<CounterKind>());
    }

    private Process Sleep()
    {
        var process = Process.Start("sleep", ["60"]);
        _started.Add(process);
        return process;
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
