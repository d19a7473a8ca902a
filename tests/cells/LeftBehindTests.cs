using System.Diagnostics;
using Isolation.Isolators.LogOnly;
using Isolation.Linux;

namespace Isolation.Cells.Tests;

/// <summary>Promise: a warden that stops waits a moment for what it has just killed, so that what ends at once is not left on the host.</summary>
public sealed class LeftBehindTests : IDisposable
{
    private readonly OwnLeaf _own = new();

    public void Dispose() => _own.Dispose();

    [SkippableFact]
    public void What_a_stopping_warden_kills_is_waited_for()
    {
        Leaf leaf = _own.Make();
        Process process = _own.Sleep();
        using PidFd held = PidFd.TryOpen(process.Id, out _)!;
        Assert.IsType<LeafEntryResult.Placed>(LeafEntry.Put(leaf, held));
        List<string> log = [];
        LeftBehind left = new(TimeProvider.System, log.Add);
        using GivenUpJobs jobs = new(TimeProvider.System);
        left.Keep(new LeftCell(leaf, null, jobs, "a process"));
        _own.GiveAway();
        left.Dispose();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(5)));
        Assert.Contains("is gone", log[^1], StringComparison.Ordinal);
    }
}
