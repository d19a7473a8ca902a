using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Linux;

/// <summary>
/// Finds out which batch job a process is in, from what only root can have arranged. In each hierarchy the topmost cgroup that is named like a job's
/// counts, and only when nobody but root can make cgroups in any of its parents: below a cgroup that a pilot owns it can make any name it likes.
/// Where several hierarchies show a job, the first in <see cref="Precedence"/> decides, for every process in the same order.
/// </summary>
public static class BatchRecognition
{
    /// <summary>After the unified hierarchy. The freezer is what batch systems of v1 track a job with; cpuset comes last, since some share one.</summary>
    private static readonly string[] Precedence = ["freezer", "memory", "cpuacct", "cpu", "pids", "devices", "blkio", "cpuset"];

    /// <summary>The job of a process, or null when it is in none that is recognised.</summary>
    /// <param name="cgroups">Its cgroups. Read them again afterwards: only when they are the same was each directory looked at its own.</param>
    /// <param name="layout">Where the hierarchies are mounted.</param>
    /// <param name="supplementary">Its supplementary groups.</param>
    /// <param name="tracking">Which of these mean a job.</param>
    public static RecognisedJob? Recognise(ProcessCgroups cgroups, CgroupLayout layout, IEnumerable<uint> supplementary, TrackingGroups tracking)
        => Recognise(cgroups, layout, supplementary, tracking, CgroupDirectory.Look);

    /// <summary>As the other, with another way to look at a directory.</summary>
    /// <param name="cgroups">Its cgroups.</param>
    /// <param name="layout">Where the hierarchies are mounted.</param>
    /// <param name="supplementary">Its supplementary groups.</param>
    /// <param name="tracking">Which of these mean a job.</param>
    /// <param name="look">The directory of a path, or null.</param>
    public static RecognisedJob? Recognise(
        ProcessCgroups cgroups, CgroupLayout layout, IEnumerable<uint> supplementary, TrackingGroups tracking, Func<string, CgroupDirectory?> look)
    {
        (BatchSystem System, GroupId Group)? tracked = tracking.Find(supplementary);
        List<(BatchSystem System, string? Id, JobCgroup Cgroup)> found = [];
        foreach (HierarchyPath hierarchy in cgroups.Hierarchies.OrderBy(Rank))
        {
            if (MountOf(hierarchy, layout) is string mount && Topmost(hierarchy, mount, look) is { } job)
                found.Add(job);
        }

        if (found.Count > 0)
        {
            (BatchSystem system, string? id, JobCgroup first) = found[0];
            GroupId? group = tracked is { } t && t.System == system ? t.Group : null;
            return new RecognisedJob(
                new BatchJob(system, id, BatchEvidence.Cgroup, first.Path, group),
                JobKey.OfCgroup(first.Status.Device, first.Status.Inode),
                [.. found.Where(f => f.System == system && f.Id == id).Select(f => f.Cgroup)]);
        }

        return tracked is { } only
            ? new RecognisedJob(new BatchJob(only.System, null, BatchEvidence.TrackingGroup, null, only.Group), JobKey.OfGroup(only.Group), [])
            : null;
    }

    private static (BatchSystem System, string? Id, JobCgroup Cgroup)? Topmost(HierarchyPath hierarchy, string mount, Func<string, CgroupDirectory?> look)
    {
        string[] components = hierarchy.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        // A path that leads out of the reader's cgroup namespace names nothing that can be looked at.
        if (components.Contains(".."))
            return null;
        // Names are looked at only where the parents are root's: what a pilot makes costs nothing.
        for (int depth = 1; depth <= components.Length && look(Join(mount, components, depth - 1)) is { IsRootsAlone: true }; depth++)
        {
            foreach (BatchPattern pattern in BatchPatterns.All)
            {
                if (pattern.Matches(components.AsSpan(0, depth), out string? id))
                    return look(Join(mount, components, depth)) is { } status
                        ? (pattern.System, id, new JobCgroup(hierarchy.Controllers, Join("", components, depth), Join(mount, components, depth), status))
                        : null;
            }
        }

        return null;
    }

    private static string Join(string mount, string[] components, int depth)
        => depth == 0 ? mount : $"{mount}/{string.Join('/', components, 0, depth)}";

    private static int Rank(HierarchyPath hierarchy)
    {
        if (hierarchy.IsUnified)
            return -1;
        int rank = Precedence.Length;
        foreach (string controller in hierarchy.Controllers)
        {
            int place = Array.IndexOf(Precedence, controller);
            if (place >= 0)
                rank = Math.Min(rank, place);
        }

        return rank;
    }

    private static string? MountOf(HierarchyPath hierarchy, CgroupLayout layout)
        => hierarchy.IsUnified
            ? layout.Unified
            : hierarchy.Controllers.Select(c => layout.V1.GetValueOrDefault(c)).FirstOrDefault(m => m is not null);
}
