using System.Diagnostics;
using System.Globalization;
using Isolation.Linux;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: where systemd delegates a cgroup for payloads, a payload outside batch jobs is in it, with its own limits, and the warden comes back to it
/// while payloads run. systemd's part (the cgroups of its units and the mark of delegation) is played by the test.
/// </summary>
public sealed class DelegatedCgroupTests : IDisposable
{
    private readonly string _units = string.Create(CultureInfo.InvariantCulture, $"/iso-units-{Environment.ProcessId}");
    private readonly CgroupLayout _layout = CgroupLayout.Read();
    private readonly List<string> _made = [];
    private Process? _holder;

    public void Dispose()
    {
        _holder?.Kill();
        _holder?.WaitForExit();
        _holder?.Dispose();
        foreach (string units in _made)
        {
            foreach (string directory in Directory.GetDirectories(units, "*", SearchOption.AllDirectories).Append(units).OrderByDescending(d => d.Length))
                Directory.Delete(directory);
        }
    }

    [SkippableFact]
    public void APayloadIsInTheDelegatedCgroupAndTheWardenComesBackToIt()
    {
        Site.Require();
        MakeUnits();
        using Service service = Service.Prepare(Site.Policy);
        AsUnit("isolation-warden.service", service.Launch);
        string payloads = $"{_units}/{PayloadsUnit.Name}/{SliceName.Of(service.Run)}";
        string limit = _layout.V1.Count == 0 ? "cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.max" : "cat /sys/fs/cgroup/memory$(grep memory /proc/self/cgroup | cut -d: -f3)/memory.limit_in_bytes";
        Assert.Equal($"{64 << 20}", service.Shell.Bash($"$A run --limit memory=64MiB -- sh -c '{limit}'").Silent());

        using (Client running = service.Shell.StartPayload("sleep 600"))
        {
            ProcessCgroups cgroups = ProcessCgroups.Parse(File.ReadAllText($"/proc/{running.Pid}/cgroup"));
            Assert.Equal($"{payloads}/cell-{running.Id}", cgroups.Unified);
            if (_layout.V1.ContainsKey("memory"))
                Assert.Equal($"{payloads}/cell-{running.Id}", cgroups.OfController("memory"));
            // As systemd starts the warden again: a unit whose cgroup gives controllers on would take no process.
            AsUnit("isolation-warden.service", () => { });
        }

        Until.True(() => service.Cells().Length == 0, 10, () => "the payload's leaf is left\n" + service.Log);
        HostProcess.Signal(service.Warden!.Value, 9);
        Until.True(() => service.Warden is null, 10, () => service.Log);
        service.StopDaemon(15);
        AsUnit("isolation-warden.service", service.Launch);
        Assert.StartsWith(payloads + "/cell-", service.Shell.Bash("$A run -- sh -c 'grep ^0:: /proc/self/cgroup | cut -d: -f3'").Silent(), StringComparison.Ordinal);
        Assert.All(Mounts(), mount => Assert.False(Directory.Exists($"{mount}/{SliceName.Of(service.Run)}"), $"a slice is at the root of {mount}"));
    }

    // As systemd has them with Delegate=yes: in its own hierarchy, and in those of v1 whose controllers it knows.
    private void MakeUnits()
    {
        foreach (string mount in Mounts())
        {
            _made.Add(mount + _units);
            Directory.CreateDirectory($"{mount}{_units}/{PayloadsUnit.Name}");
            Directory.CreateDirectory($"{mount}{_units}/isolation-warden.service");
        }

        if (_layout.V1.Count == 0)
            File.WriteAllText($"{_layout.Unified}{_units}/cgroup.subtree_control", "+memory +pids +cpu");
        string unit = $"{_layout.Unified}{_units}/{PayloadsUnit.Name}";
        using Process mark = Process.Start("python3", ["-c", $"import os; os.setxattr('{unit}', 'trusted.delegate', b'1')"]);
        mark.WaitForExit();
        Assert.Equal(0, mark.ExitCode);
        _holder = Process.Start("sleep", ["600"]);
        File.WriteAllText(unit + "/cgroup.procs", _holder.Id.ToString(CultureInfo.InvariantCulture));
    }

    // What is started is born where its parent is.
    private void AsUnit(string unit, Action start)
    {
        string before = ProcessCgroups.Parse(File.ReadAllText("/proc/self/cgroup")).Unified;
        Move($"{_units}/{unit}");
        try
        {
            start();
        }
        finally
        {
            Move(before);
        }
    }

    private void Move(string cgroup)
        => File.WriteAllText($"{_layout.Unified}{cgroup}/cgroup.procs", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

    private IEnumerable<string> Mounts()
        => new[] { "memory", "pids", "cpu", "blkio", "devices" }.Select(c => _layout.V1.GetValueOrDefault(c)).Append(_layout.Unified).OfType<string>().Distinct();
}
