using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Batch.Tests;

/// <summary>Promise: a job is recognised by cgroups whose parents are root's and by its tracking group, and by nothing else; its key is the kernel's id of its topmost cgroup.</summary>
public sealed class RecognitionTests
{
    private const uint JobUid = 5001;

    public static TheoryData<string> Trees => [.. BatchTree.Names];

    public static TheoryData<string> TreesWithAJobCgroup => [.. BatchTree.Names.Where(n => BatchTree.Read(n, JobUid).Job is not null)];

    [Theory]
    [MemberData(nameof(Trees))]
    public void EachTreeIsWhatItSays(string name)
    {
        (BatchTree tree, DrawnTree drawn) = Draw(name);
        Assert.NotEmpty(tree.Sources);
        RecognisedJob? found = drawn.Recognise(drawn.Pilot());
        if (tree.System is null)
        {
            Assert.Null(found);
            return;
        }

        Assert.NotNull(found);
        Assert.Equal(tree.System, found.Job.System.Name());
        Assert.Equal(tree.Id, found.Job.Id);
        Assert.Equal(tree.Job, found.Job.Cgroup);
        Assert.Equal(tree.Group, found.Job.TrackingGroup?.Value);
        Assert.Equal(tree.Job is null ? BatchEvidence.TrackingGroup : BatchEvidence.Cgroup, found.Job.Evidence);
        Assert.Equal(tree.Job is null ? 0 : tree.Hierarchies.Length, found.Cgroups.Length);
        Assert.All(found.Cgroups, c => Assert.Equal(tree.Job, c.Path));
        Assert.Equal(tree.Job is null ? JobKey.OfGroup(new GroupId(tree.Group!.Value)) : JobKey.OfCgroup(found.Cgroups[0].Status.Device, found.Cgroups[0].Status.Inode), found.Key);
    }

    [Theory]
    [MemberData(nameof(TreesWithAJobCgroup))]
    public void EveryCgroupOfAJobIsTheSameJobAndItsParentIsNone(string name)
    {
        (BatchTree tree, DrawnTree drawn) = Draw(name);
        JobKey key = drawn.Recognise(drawn.Pilot())!.Key;
        Assert.All(
            tree.Cgroups.Where(c => c.OnlyIn.IsEmpty && (c.Path + "/").StartsWith(tree.Job + "/", StringComparison.Ordinal)),
            c => Assert.Equal(key, drawn.Recognise(drawn.At(c.Path))?.Key));
        Assert.Equal(key, drawn.Recognise(drawn.At(tree.Job + "/made/by/the/pilot"))?.Key);
        Assert.Null(drawn.Recognise(drawn.At(tree.Job![..tree.Job!.LastIndexOf('/')]), groups: []));
    }

    [Theory]
    [MemberData(nameof(TreesWithAJobCgroup))]
    public void NoJobBelowACgroupThatIsNotRoots(string name)
    {
        (BatchTree tree, _) = Draw(name);
        string[] parents = [.. tree.Cgroups.Select(c => c.Path).Where(p => tree.Job!.StartsWith(p + "/", StringComparison.Ordinal)), "/"];
        Assert.All(parents, parent =>
        {
            (_, DrawnTree drawn) = Draw(name);
            drawn.Give(parent, JobUid);
            Assert.Null(drawn.Recognise(drawn.Pilot(), groups: []));
        });
    }

    [Fact]
    public void TheFirstHierarchyThatShowsAJobDecides()
    {
        (BatchTree tree, DrawnTree drawn) = Draw("slurm-v1");
        RecognisedJob whole = drawn.Recognise(drawn.Pilot())!;
        Assert.Equal("freezer", whole.Cgroups[0].Controllers[0]);
        Assert.Equal(drawn["memory", tree.Job!].Inode, whole.OfController("memory")!.Status.Inode);
        Assert.Null(whole.Unified);
        RecognisedJob part = drawn.Recognise(ProcessCgroups.Parse($"1:cpuset:{tree.Job}\n2:memory:{tree.Job}\n3:freezer:/\n"))!;
        Assert.Equal(JobKey.OfCgroup(drawn["memory", tree.Job!].Device, drawn["memory", tree.Job!].Inode), part.Key);
        Assert.Equal(["memory", "cpuset"], part.Cgroups.Select(c => c.Controllers[0]));
    }

    [Theory]
    [InlineData("0::/../slurmstepd.scope/job_4711\n")]
    [InlineData("0::/system.slice/slurmstepd.scope/job_4712\n")] // not there: removed under the reader
    [InlineData("0::/system.slice/slurmstepd.scope/job_\n")]
    [InlineData("0::/system.slice/slurmstepd.scope/job_x\n")]
    [InlineData("0::/system.slice/slurmstepd.scope\n")]
    [InlineData("0::/job_4711\n")]
    [InlineData("0::/\n")]
    [InlineData("")]
    [InlineData("nonsense\n")]
    [InlineData("5:freezer:/system.slice/slurmstepd.scope/job_4711\n")] // a hierarchy that is not mounted
    public void WhatIsNoJobIsNone(string cgroups)
    {
        (_, DrawnTree drawn) = Draw("slurm-v2");
        Assert.Null(drawn.Recognise(ProcessCgroups.Parse(cgroups)));
    }

    [Fact]
    public void NamesOfAnyLengthCostLittle()
    {
        (_, DrawnTree drawn) = Draw("htcondor-v2");
        string name = string.Concat(Enumerable.Repeat("_slot1_1@", 28));
        string path = string.Concat(Enumerable.Repeat("/" + name, 15));
        var time = System.Diagnostics.Stopwatch.StartNew();
        for (int i = 0; i < 100; i++)
            Assert.Null(drawn.Recognise(drawn.At("/system.slice/htcondor/" + name + "x.sliceX" + path)));
        Assert.True(time.ElapsedMilliseconds < 2000, $"100 looks took {time.ElapsedMilliseconds} ms");
    }

    [Theory]
    [InlineData("sge:20000-20100", "sge:20000-20100")]
    [InlineData(" sge:1-2 , htcondor:750-757 ", "sge:1-2,htcondor:750-757")]
    [InlineData("", "")]
    public void RangesAreRead(string text, string read)
    {
        Assert.Null(TrackingGroups.TryParse(text, out TrackingGroups groups));
        Assert.Equal(read, groups.ToString());
    }

    [Theory]
    [InlineData("sge")]
    [InlineData("sge:5")]
    [InlineData("sge:7-5")]
    [InlineData("sge:0-5")]
    [InlineData("sge:1-x")]
    [InlineData("sge:1-2-3")]
    [InlineData("loadleveler:1-2")]
    [InlineData("sge:1-99999999999")]
    public void ABadRangeIsRefused(string text)
    {
        Assert.Contains(text, TrackingGroups.TryParse(text, out TrackingGroups groups), StringComparison.Ordinal);
        Assert.Same(TrackingGroups.None, groups);
    }

    [Fact]
    public void AGroupOutsideTheRangesSaysNothing()
    {
        (_, DrawnTree drawn) = Draw("sge-tracking-group");
        Assert.Equal("group:20017", drawn.Recognise(drawn.Pilot())!.Key.Value);
        Assert.Equal("group:20003", drawn.Recognise(drawn.Pilot(), [20044, 20003])!.Key.Value);
        Assert.Null(drawn.Recognise(drawn.Pilot(), [19999, 20101]));
    }

    private static (BatchTree Tree, DrawnTree Drawn) Draw(string name)
    {
        BatchTree tree = BatchTree.Read(name, JobUid);
        return (tree, new DrawnTree(tree, JobUid));
    }
}
