using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Linux;

/// <summary>The topmost cgroup of a job in one hierarchy.</summary>
/// <param name="Controllers">The controllers of a v1 hierarchy; empty for the unified hierarchy.</param>
/// <param name="Path">Its path below the hierarchy's root.</param>
/// <param name="Directory">The same, from the root of the file system.</param>
/// <param name="Status">Its directory when it was looked at.</param>
public sealed record JobCgroup(IReadOnlyList<string> Controllers, string Path, string Directory, CgroupDirectory Status)
{
    /// <summary>True in the v2 hierarchy.</summary>
    public bool IsUnified => Controllers.Count == 0;
}

/// <summary>A job that a process was seen to be in.</summary>
/// <param name="Job">Whose, and which.</param>
/// <param name="Key">What makes two processes ones of the same job.</param>
/// <param name="Cgroups">Its topmost cgroup in each hierarchy that has one; the first gives the key. Empty where only a tracking group is seen.</param>
public sealed record RecognisedJob(BatchJob Job, JobKey Key, ImmutableArray<JobCgroup> Cgroups)
{
    /// <summary>Its topmost cgroup in the v2 hierarchy, or null.</summary>
    public JobCgroup? Unified => Cgroups.FirstOrDefault(c => c.IsUnified);

    /// <summary>Its topmost cgroup in the v1 hierarchy of a controller, or null.</summary>
    public JobCgroup? OfController(string controller) => Cgroups.FirstOrDefault(c => c.Controllers.Contains(controller));
}
