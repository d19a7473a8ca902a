using System.Globalization;

namespace Isolation.Core;

/// <summary>
/// Which batch job a process is in, by the kernel's word: the id of the topmost cgroup recognised as the job's, else the batch system's
/// tracking group. Two processes are in the same job when their keys are equal. Valid until the job's cgroup is removed.
/// </summary>
public readonly record struct JobKey(string Value)
{
    /// <summary>In no recognised batch job.</summary>
    public static readonly JobKey None = new("none");

    /// <summary>The job of a cgroup, by the number of its file system and its inode there: a path can be used again, these are not while it lives.</summary>
    /// <param name="device">The file system, as statx(2) tells it: major number in the upper, minor in the lower half.</param>
    /// <param name="inode">The directory.</param>
    public static JobKey OfCgroup(long device, long inode)
        => new(string.Create(CultureInfo.InvariantCulture, $"cgroup:{(uint)(device >> 32)}:{(uint)device}:{(ulong)inode}"));

    /// <summary>The job of a tracking group.</summary>
    public static JobKey OfGroup(GroupId group) => new($"group:{group}");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
