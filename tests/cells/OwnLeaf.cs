using System.Collections.Immutable;
using System.Diagnostics;
using Isolation.Linux;

namespace Isolation.Cells.Tests;

/// <summary>A leaf of a test's own in the real hierarchies, and processes that sleep; both are gone at the end.</summary>
internal sealed class OwnLeaf : IDisposable
{
    private readonly string _parent = $"/iso-leaf-{Guid.NewGuid():N}"; // test classes run beside each other
    private readonly List<Process> _started = [];
    private Leaf? _leaf;

    private static CgroupLayout Host { get; } = CgroupLayout.Read();

    /// <summary>Makes the leaf; skips where the host has none for us.</summary>
    public Leaf Make()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "cgroups need root");
        Skip.If(Host.Unified is null, "needs a v2 hierarchy");
        Sys.MakeDirectory(Host.Unified + _parent, 0x1ed, orExisting: true);
        ImmutableArray<V1Place> v1 = [];
        if (Host.V1.TryGetValue("memory", out string? memory))
        {
            Sys.MakeDirectory(memory + _parent, 0x1ed, orExisting: true);
            v1 = [new V1Place("memory", memory, _parent, V1Membership.Leaf)];
        }

        return _leaf = Leaf.Create(new LeafPlan(ProcessCgroups.LeafName(Guid.NewGuid()), Host.Unified!, _parent, v1, []), new HashSet<CounterKind>());
    }

    /// <summary>Starts a process that sleeps, where the test is.</summary>
    public Process Sleep()
    {
        var process = Process.Start("sleep", ["60"]);
        _started.Add(process);
        return process;
    }

    /// <summary>Somebody else removes the leaf.</summary>
    public void GiveAway() => _leaf = null;

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        if (_leaf is not null)
            Assert.True(SpinWait.SpinUntil(() => _leaf.Remove() is null, TimeSpan.FromSeconds(5)));
        _leaf?.Dispose();
        if (Host.Unified is null)
            return;
        foreach (string mount in Host.V1.Values.Append(Host.Unified).Distinct())
            _ = Sys.TryRemoveDirectory(mount + _parent, out _);
    }
}
