using System.Diagnostics;
using System.Globalization;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells.Tests;

/// <summary>
/// Promise: the service's slice is made where a leaf is made in it and not where positions are looked at; under systemd it lies in the cgroup that is
/// delegated for payloads, and nowhere that only looks like one.
/// </summary>
public sealed class ServiceSliceTests : IDisposable
{
    private const string Leaf = "cell-00000000-0000-7000-8000-000000000000";
    private static readonly HashSet<CounterKind> All = [];
    private readonly CgroupLayout _layout = CgroupLayout.Read();
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"iso-slice-{Environment.ProcessId}");
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        foreach (string directory in Mounts().Select(mount => mount + "/" + _name).Where(Directory.Exists))
        {
            foreach (string below in Directory.GetDirectories(directory, "*", SearchOption.AllDirectories).Append(directory).OrderByDescending(d => d.Length))
                Directory.Delete(below);
        }
    }

    [SkippableFact]
    public void LookingAtPositionsMakesNoSliceAndALeafMakesIt()
    {
        ServiceSlice slice = new(Required(), _name, "");
        Candidate own = Own(slice);
        Assert.DoesNotContain(Mounts(), mount => Directory.Exists($"{mount}/{_name}"));
        Assert.NotNull(own.Plan);

        using (Leaf leaf = slice.MakeLeaf(own.Plan, All))
        {
            Assert.All(own.Plan.Directories, directory => Assert.True(Directory.Exists(directory), directory));
            Assert.Contains($"{_layout.Unified}/{_name}/{Leaf}", own.Plan.Directories);
            // What was claimed of it before it was there is what it is.
            Candidate made = Own(slice);
            Assert.Equal((own.Holds, own.Lost, own.CpuSet), (made.Holds, made.Lost, made.CpuSet));
            Assert.Null(leaf.Remove());
        }

        slice.Remove();
        Assert.DoesNotContain(Mounts(), mount => Directory.Exists($"{mount}/{_name}"));
    }

    [SkippableFact]
    public async Task TheFirstLeavesOfManyAtOnceFindEachOthersSlice()
    {
        ServiceSlice slice = new(Required(), _name, "");
        LeafPlan plan = Own(slice).Plan!;
        for (int round = 0; round < 20; round++)
        {
            using Barrier together = new(8);
            Task<Leaf>[] making = [.. Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(() =>
            {
                together.SignalAndWait();
                return slice.MakeLeaf(plan with { Name = $"{Leaf}-{i}" }, All);
            }, TaskCreationOptions.LongRunning))];
            foreach (Leaf leaf in await Task.WhenAll(making))
            {
                Assert.Null(leaf.Remove());
                leaf.Dispose();
            }

            slice.Remove();
        }
    }

    [SkippableFact]
    public void APlaceThatIsGoneIsAnErrorAndNoSlice()
    {
        ServiceSlice slice = new(Required(), _name, "");
        LeafPlan plan = new(Leaf, _layout.Unified!, $"/{_name}-elsewhere", [], []);
        Assert.Equal(Errno.ENOENT, Assert.Throws<SyscallException>(() => slice.MakeLeaf(plan, All)).Errno);
        Assert.DoesNotContain(Mounts(), mount => Directory.Exists($"{mount}/{_name}"));
    }

    [SkippableTheory]
    [InlineData("trusted.delegate")]
    [InlineData("user.delegate")]
    public void OnlyADelegatedUnitBesideOnesOwnIsFound(string mark)
    {
        string unified = Required().Unified!, units = unified + "/" + _name;
        ProcessCgroups warden = At($"/{_name}/isolation-warden.service");
        Directory.CreateDirectory($"{units}/isolation-warden.service");
        Assert.Null(PayloadsUnit.Find(_layout, warden));
        string unit = $"{units}/{PayloadsUnit.Name}";
        Directory.CreateDirectory(unit);
        Assert.Null(PayloadsUnit.Find(_layout, warden));
        Python($"import os; os.setxattr('{unit}', '{mark}', b'0')");
        Assert.Null(PayloadsUnit.Find(_layout, warden));
        Python($"import os; os.setxattr('{unit}', '{mark}', b'1')");
        Assert.Equal($"/{_name}/{PayloadsUnit.Name}", PayloadsUnit.Find(_layout, warden));
        Assert.Equal($"/{_name}/{PayloadsUnit.Name}", PayloadsUnit.Find(_layout, At($"/{_name}/isolationd.service/sub")));
        Assert.Null(PayloadsUnit.Find(_layout, At($"/{_name}/session-1.scope")));
        Assert.Null(PayloadsUnit.Find(_layout, At("/")));
        Python($"import os; os.chown('{unit}', 65534, 65534)");
        Assert.Null(PayloadsUnit.Find(_layout, warden));
        Assert.Null(PayloadsUnit.Guess(_layout, warden));
    }

    [SkippableFact]
    public void WhereSystemdKeepsItsUnitsInANamedHierarchyTheUnitIsFoundThere()
    {
        CgroupLayout layout = Required();
        Skip.If(layout.Systemd is null, "this host mounts no hierarchy name=systemd");
        string unit = $"{layout.Systemd}/{_name}/{PayloadsUnit.Name}";
        Directory.CreateDirectory(unit);
        Python($"import os; os.setxattr('{unit}', 'trusted.delegate', b'1')");
        ProcessCgroups warden = ProcessCgroups.Parse($"1:name=systemd:/{_name}/isolation-warden.service\n0::/\n");
        Assert.Equal($"/{_name}/{PayloadsUnit.Name}", PayloadsUnit.Find(layout, warden));
        // Hierarchies without the unit have the slice at their root.
        ServiceSlice slice = new(layout, "isolation", PayloadsUnit.Find(layout, warden)!);
        Assert.Equal($"/{_name}/{PayloadsUnit.Name}/isolation", slice.At(layout.Systemd!).Path);
        Assert.Equal("/isolation", slice.At(layout.Unified!).Path);
    }

    [SkippableFact]
    public void OnPureV2TheUnitsProcessIsMovedAsideAndControllersAreGiven()
    {
        Skip.If(Required().V1.Count > 0, "controllers are in v1 hierarchies here");
        string unit = $"{_layout.Unified}/{_name}/{PayloadsUnit.Name}";
        Directory.CreateDirectory(unit);
        File.WriteAllText($"{_layout.Unified}/{_name}/cgroup.subtree_control", "+memory +pids");
        Process holder = Process.Start("sleep", ["600"]);
        _started.Add(holder);
        File.WriteAllText(unit + "/cgroup.procs", holder.Id.ToString(CultureInfo.InvariantCulture));

        ServiceSlice slice = new(_layout, "isolation", $"/{_name}/{PayloadsUnit.Name}");
        Assert.Equal(["memory", "pids"], slice.GivenAt(_layout.Unified!).Order());
        using (Leaf leaf = slice.MakeLeaf(new LeafPlan(Leaf, _layout.Unified!, slice.At(_layout.Unified!).Path, [], []), All))
        {
            Assert.Equal("memory pids\n", File.ReadAllText(unit + $"/isolation/{Leaf}/cgroup.controllers"));
            Assert.Equal($"{holder.Id}\n", File.ReadAllText(unit + "/holder/cgroup.procs"));
            Assert.Null(leaf.Remove());
        }

        Assert.False(holder.HasExited);
    }

    private Candidate Own(ServiceSlice slice)
    {
        using PidFd self = PidFd.TryOpen(Environment.ProcessId, out _)!;
        CellHost host = new(null!, null!, "", "", _layout, slice, All, null!, null!, null!, "", TimeProvider.System);
        Limits limits = Limits.None with { MemoryBytes = 1 << 30, Processes = 500, CpuWeight = 50 };
        return Positions.Of(host, PilotCgroups.Of(self, _layout, host.Tracking), new PlaceNeeds(limits, false), Leaf).Single(p => p.Position == Position.Own);
    }

    private IEnumerable<string> Mounts() => _layout.V1.Values.Append(_layout.Unified).Append(_layout.Systemd).OfType<string>().Distinct();

    private CgroupLayout Required()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess && _layout.Unified is not null, "needs root and cgroup2");
        return _layout;
    }

    private static ProcessCgroups At(string path) => ProcessCgroups.Parse($"0::{path}\n");

    private static void Python(string text)
    {
        using Process process = Process.Start("python3", ["-c", text]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
