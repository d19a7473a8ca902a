using System.Globalization;
using Isolation.Linux;
using Isolation.Service.Tests;

namespace Isolation.Batch.Tests;

/// <summary>The batch system of a tree that was built: what it counts, limits and kills, where its source says that it does.</summary>
internal sealed class WatchingBatchSystem(BatchTree tree, CgroupTree built)
{
    /// <summary>The limit of each job's memory, in MiB.</summary>
    public const int MemoryMiB = 96;

    /// <summary>The limit of each job's number of processes, where the batch system has that controller.</summary>
    public const int Processes = 32;

    /// <summary>The tree, with limits that a small payload can reach.</summary>
    public static BatchTree WithSmallLimits(BatchTree tree)
    {
        string bytes = (MemoryMiB << 20).ToString(CultureInfo.InvariantCulture), processes = Processes.ToString(CultureInfo.InvariantCulture);
        (string, string)[] limits = tree.IsUnified ? [("memory.max", bytes), ("pids.max", processes)] : [("memory.limit_in_bytes", bytes), ("pids.max", processes)];
        return tree with
        {
            Cgroups = [.. tree.Cgroups.Select(c => c with
            {
                Limits = [.. c.Limits.Where(l => !l.File.StartsWith("memory.limit", StringComparison.Ordinal) && l.File != "memory.max"), .. c.Path == tree.Job ? limits : []],
            })],
        };
    }

    /// <summary>The job's number of processes is limited.</summary>
    public bool LimitsProcesses => tree.Job is not null && Directory("pids", tree.Job) is string job && File.Exists(job + "/pids.max") && File.ReadAllText(job + "/pids.max").Trim() != "max";

    /// <summary>Memory that is charged where the batch system reads it.</summary>
    public long? MemoryBytes => tree.Counted is not null && Directory("memory", tree.Counted) is string at ? Number(at + (tree.IsUnified ? "/memory.current" : "/memory.usage_in_bytes")) : null;

    /// <summary>CPU time that is counted where the batch system reads it.</summary>
    public TimeSpan? Cpu
    {
        get
        {
            if (tree.Counted is null)
                return null;
            if (tree.IsUnified)
                return TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText(Directory("unified", tree.Counted) + "/cpu.stat").Split('\n', ' ')[1], CultureInfo.InvariantCulture));
            return Directory("cpuacct", tree.Counted) is string at && Number(at + "/cpuacct.usage") is long nanoseconds ? TimeSpan.FromMicroseconds(nanoseconds / 1000) : null;
        }
    }

    /// <summary>Kills the job as the batch system does, but for daemons; the processes that it found.</summary>
    /// <param name="sparing">A process that it does not find.</param>
    public IReadOnlyList<int> Kill(int? sparing = null)
    {
        string? at = tree.Killed!.Hierarchy is string hierarchy ? built.DirectoryOf(hierarchy, tree.Killed.Path) : null;
        if (at is not null && tree.Killed.WithBelow && sparing is null && File.Exists(at + "/cgroup.kill"))
            File.WriteAllText(at + "/cgroup.kill", "1");
        int[] victims = [.. (at is null ? OfGroup(tree.Group!.Value)
            : (tree.Killed.WithBelow ? Until.Directories(at, 8).Append(at) : [at]).SelectMany(Members)).Where(v => v != sparing && !built.Daemons.Contains(v))];
        foreach (int victim in victims)
        {
            using PidFd? process = PidFd.TryOpen(victim, out _);
            process?.Signal(9);
        }

        return victims;
    }

    /// <summary>All its cgroups, in every hierarchy.</summary>
    public IEnumerable<string> Directories
        => tree.Hierarchies.SelectMany(h => tree.Cgroups.Where(c => tree.Has(c, h)).Select(c => built.DirectoryOf(h, c.Path)));

    private static IEnumerable<int> Members(string directory)
        => File.ReadAllLines(directory + "/cgroup.procs").Select(l => int.Parse(l, CultureInfo.InvariantCulture)).Where(pid => pid > 0);

    private static IEnumerable<int> OfGroup(uint group) => HostProcess.All().Select(p => p.Pid).Where(pid =>
    {
        try
        {
            return HostProcess.Status(pid)["Groups"].Split(' ').Contains(group.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return false; // gone meanwhile
        }
    });

    private string? Directory(string controller, string path)
        => tree.IsUnified ? built.DirectoryOf("unified", path) : tree.Hierarchies.Contains(controller) ? built.DirectoryOf(controller, path) : null;

    private static long? Number(string file) => File.Exists(file) ? long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : null;
}
