using System.Diagnostics;
using System.Globalization;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Service.Tests;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Isolation.Batch.Tests;

/// <summary>Promise: what is recognised in a drawn tree is recognised in the kernel's own: every tree is built as real cgroups with a process in it.</summary>
public sealed class BuiltTreeTests
{
    private const uint JobUid = 2_109_999;

    public static TheoryData<string> Trees => [.. BatchTree.Names];

    [SkippableTheory]
    [MemberData(nameof(Trees))]
    public void EachTreeIsWhatItSays(string name)
    {
        BatchTree tree = BatchTree.Read(name, JobUid);
        using CgroupTree built = CgroupTree.Build(JobUid, tree);
        Process pilot = built.StartSleeper(tree);
        RecognisedJob? found = Recognise(tree, pilot.Id);
        Assert.Equal(tree.System, found?.Job.System.Name());
        Assert.Equal(tree.Id, found?.Job.Id);
        Assert.Equal(tree.Job, found?.Job.Cgroup);
        Assert.Equal(tree.Group, found?.Job.TrackingGroup?.Value);
        if (tree.Job is null)
            return;

        Assert.Equal(tree.Hierarchies.Length, found!.Cgroups.Length);
        Assert.All(found.Cgroups, c =>
        {
            FileStatus status = Sys.TryStatusAt(null, System.Text.Encoding.UTF8.GetBytes(c.Directory), out _)!.Value;
            Assert.Equal((status.Device, status.Inode), (c.Status.Device, c.Status.Inode));
            Assert.Equal(built.DirectoryOf(c.IsUnified ? "unified" : c.Controllers[0], tree.Job), c.Directory);
        });
        Assert.Equal(JobKey.OfCgroup(found.Cgroups[0].Status.Device, found.Cgroups[0].Status.Inode), found.Key);
        foreach ((string file, string value) in tree.Cgroups.Single(c => c.Path == tree.Job).Limits.Where(l => found.OfController("memory") is not null && l.File.StartsWith("memory.limit", StringComparison.Ordinal)))
            Assert.Equal(value, File.ReadAllText($"{found.OfController("memory")!.Directory}/{file}").Trim());
    }

    [SkippableFact]
    public void ACgroupOfTheSameNameLaterIsAnotherJob()
    {
        BatchTree tree = BatchTree.Read("slurm-v1", JobUid, ("/slurm", "/slurm_isotest"));
        List<JobKey> keys = [];
        for (int i = 0; i < 2; i++)
        {
            using CgroupTree built = CgroupTree.Build(JobUid, tree);
            keys.Add(Recognise(tree, built.StartSleeper(tree).Id)!.Key);
        }

        Assert.NotEqual(keys[0], keys[1]);
    }

    [SkippableFact]
    public void APilotThatMovesWithinItsJobStaysInIt()
    {
        BatchTree tree = BatchTree.Read("htcondor-v2", JobUid);
        using CgroupTree built = CgroupTree.Build(JobUid, tree);
        JobKey key = Recognise(tree, built.StartSleeper(tree).Id)!.Key;
        string job = built.DirectoryOf("unified", tree.Job!);
        Process mover = built.Start(tree, ["bash", "-c", $"mkdir -p {job}/slurmstepd.scope/job_1 && echo $$ > {job}/slurmstepd.scope/job_1/cgroup.procs && exec sleep 600"]);
        Until.True(() => mover.HasExited || File.ReadAllText($"/proc/{mover.Id}/cgroup").Contains("job_1", StringComparison.Ordinal), 10, () => "the pilot did not move");
        Assert.False(mover.HasExited, mover.HasExited ? mover.StandardError.ReadToEnd() : "");
        RecognisedJob moved = Recognise(tree, mover.Id)!;
        Assert.Equal(key, moved.Key);
        Assert.Equal(BatchSystem.HTCondor, moved.Job.System);
    }

    private static RecognisedJob? Recognise(BatchTree tree, int pid)
    {
        Assert.Null(TrackingGroups.TryParse(tree.Ranges, out TrackingGroups tracking));
        IEnumerable<uint> groups = HostProcess.Status(pid)["Groups"].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(g => uint.Parse(g, CultureInfo.InvariantCulture));
        return BatchRecognition.Recognise(ProcessCgroups.Parse(File.ReadAllText($"/proc/{pid}/cgroup")), CgroupLayout.Read(), groups, tracking);
    }
}
