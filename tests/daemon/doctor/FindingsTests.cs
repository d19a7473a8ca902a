using System.Collections.Frozen;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: what is missing on a host is named with the command or setting that mends it.</summary>
public sealed class FindingsTests : IDisposable
{
    private static readonly Pilot Pilot = new(new UserId(1000), new GroupId(1000), new ProcessId(1), 1, "pilot", "/", JobKey.None);
    private readonly string _directory = Directory.CreateTempSubdirectory("isolation-findings-").FullName;
    private readonly Diagnosis _found = new();

    [Fact]
    public void NoUnifiedHierarchy()
    {
        CgroupFindings.Add(_found, new CgroupLayout(null, FrozenDictionary<string, string>.Empty), "isolation", null);
        Assert.Contains("mount -t cgroup2", Missing("cgroups").Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void AHybridHostWithoutAMemoryHierarchy()
    {
        CgroupFindings.Add(_found, new CgroupLayout("/u", new Dictionary<string, string> { ["pids"] = "/p" }.ToFrozenDictionary()), "isolation", "rw");
        Assert.Contains("mount -t cgroup -o memory", Missing("cgroups").Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void ASliceThatGivesItsLeavesNoMemory()
    {
        Directory.CreateDirectory(_directory + "/isolation");
        File.WriteAllText(_directory + "/isolation/cgroup.subtree_control", "pids cpu io\n");
        CgroupFindings.Add(_found, new CgroupLayout(_directory, FrozenDictionary<string, string>.Empty), "isolation", "rw");
        Assert.Equal(
            $"echo \"+memory\" > {_directory}/cgroup.subtree_control && echo \"+memory\" > {_directory}/isolation/cgroup.subtree_control", Missing("cgroups").Fix);
        Assert.Contains(_found.Findings, f => f.State == "note" && f.What.Contains("no cpuset", StringComparison.Ordinal));
        Assert.Contains(_found.Findings, f => f.Fix == $"mount -o remount,nsdelegate {_directory}");
    }

    [Fact]
    public void AWholeSliceIsNotMissingAnything()
    {
        Directory.CreateDirectory(_directory + "/isolation");
        File.WriteAllText(_directory + "/isolation/cgroup.subtree_control", "memory pids cpu io cpuset\n");
        CgroupFindings.Add(_found, new CgroupLayout(_directory, FrozenDictionary<string, string>.Empty), "isolation", "rw,nsdelegate");
        Assert.All(_found.Findings, f => Assert.Equal("holds", f.State));
        Assert.True(_found.IsReady);
    }

    [Fact]
    public void AKernelWithoutAbilitiesIsNotedWithItsFallback()
    {
        KernelFindings.Add(_found, new KernelAbilities(PassRights: false, PeerPidFd: true));
        File.WriteAllText(_directory + "/cgroup.controllers", "memory\n");
        KernelFindings.Add(_found, _directory, isPure: true);
        Assert.Equal(["SO_PASSRIGHTS", "cgroup.kill", "memory.peak"], _found.Findings.Where(f => f.State == "note").Select(f => f.What.Split(' ')[0]));
        Assert.True(_found.IsReady);
    }

    [Fact]
    public void ATrackingGroupHoldsNoPayload()
    {
        BatchFindings.Add(_found, Pilot with { Batch = new BatchJob(BatchSystem.GridEngine, null, BatchEvidence.TrackingGroup, null, new GroupId(20017)) }, isPilot: true);
        Assert.Contains("is born elsewhere", Missing("batch").What, StringComparison.Ordinal);
    }

    [Fact]
    public void HtcondorsSlotIsTheUsers()
    {
        BatchFindings.Add(_found, Pilot with { Batch = new BatchJob(BatchSystem.HTCondor, "slot1", BatchEvidence.Cgroup, "/htcondor/x_slot1", null) }, isPilot: true);
        Assert.Contains(_found.Findings, f => f.State == "note" && f.Fix!.Contains("'must'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("slot1_1@node7", "slot1_1", false)]
    [InlineData("12", "12.3", false)]
    [InlineData("12", "12", false)]
    [InlineData("12", "123", true)]
    [InlineData("12", "13", true)]
    public void AClaimOfAnotherJobIsNotedAndALongerFormOfTheSameIsNot(string shown, string said, bool isNoted)
    {
        BatchFindings.Add(_found, Pilot with { Batch = new BatchJob(BatchSystem.Slurm, shown, BatchEvidence.Cgroup, "/j", null), Claim = new BatchClaim(BatchSystem.Slurm, said) }, isPilot: true);
        Assert.Equal(isNoted, _found.Findings.Any(f => f.State == "note"));
    }

    [Fact]
    public void EveryBatchSystemHasASetting()
    {
        foreach (BatchSystem system in BatchSystemNames.All)
            BatchFindings.Add(_found, Pilot with { Claim = new BatchClaim(system, null) }, isPilot: true);
        Assert.Equal(BatchSystemNames.All.Count, _found.Findings.Count(f => f.State == "missing" && f.Fix is not null));
    }

    [Fact]
    public void MountsOfACallersOwnAreNamedFuseFirst()
    {
        IReadOnlyList<MountLine> host = MountTable.Parse("10 1 8:1 / / rw - ext4 /dev/sda rw\n11 10 0:5 / /proc rw - proc proc rw\n");
        IReadOnlyList<MountLine> client = MountTable.Parse(
            "90 1 8:1 / / rw shared:1 - ext4 /dev/sda rw\n91 90 0:77 / /tmp rw - tmpfs t rw\n92 90 0:78 / /cvmfs/x\\040y rw - fuse.cvmfs2 c rw\nno mount\n");
        Assert.Equal(3, client.Count);
        MountFindings.Add(_found, client, host);
        WireDiagnosis note = Assert.Single(_found.Findings);
        Assert.Equal("note", note.State);
        Assert.EndsWith(@"/cvmfs/x\\040y (fuse.cvmfs2), /tmp (tmpfs)", note.What, StringComparison.Ordinal);
    }

    [Fact]
    public void TheHostsMountsAreTheHosts()
    {
        MountFindings.Add(_found, MountTable.TryRead("self"), MountTable.TryRead("self"));
        Assert.Equal("holds", Assert.Single(_found.Findings).State);
        MountFindings.Add(_found, null, MountTable.TryRead("self"));
        Assert.Equal("note", _found.Findings[1].State);
        Assert.Null(MountTable.TryRead("nobody"));
    }

    [Fact]
    public void FindingsAreBounded()
    {
        for (int i = 0; i < 1000; i++)
            _found.Note("kernel", new string('x', 100_000), new string('y', 100_000));
        Assert.Equal(64, _found.Findings.Count);
        Assert.All(_found.Findings, f => Assert.True(f.What.Length <= 2000 && f.Fix!.Length <= 2000));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private WireDiagnosis Missing(string topic) => _found.Findings.Single(f => f.Topic == topic && f.State == "missing");
}
