using System.Globalization;
using Isolation.Cells;
using Isolation.Linux;

namespace Isolation.Isolators.LogOnly;

/// <summary>What became of putting a process into its leaf.</summary>
internal abstract record LeafEntryResult
{
    private LeafEntryResult() { }

    /// <summary>It is there, and it is the one that was meant.</summary>
    internal sealed record Placed : LeafEntryResult;

    /// <summary>It had ended before it was written anywhere: nothing was moved.</summary>
    internal sealed record Over : LeafEntryResult;

    /// <summary>The kernel refused it; nobody else was moved.</summary>
    internal sealed record Refused(string Detail) : LeafEntryResult;

    /// <summary>
    /// It ended meanwhile, and its number may have been another's by then: what was in the leaf was put back where it came from. The leaf must never be
    /// killed.
    /// </summary>
    /// <param name="Left">What could not be put back, or null.</param>
    internal sealed record Unplaced(string? Left) : LeafEntryResult;
}

/// <summary>
/// Puts a process into a leaf by its number, which is all that a cgroup takes. A number can be reaped and used again between the look and the
/// write: that is found out afterwards, by the pidfd.
/// </summary>
internal static class LeafEntry
{
    private const string Members = "cgroup.procs";

    /// <summary>Puts it there.</summary>
    /// <param name="leaf">The leaf, empty.</param>
    /// <param name="process">The process.</param>
    internal static LeafEntryResult Put(Leaf leaf, PidFd process)
    {
        int pid = process.Pid;
        ProcessCgroups? from = CgroupsOf(pid);
        return pid <= 0 || from is null || process.IsOver ? new LeafEntryResult.Over() : Put(leaf, process, pid, from);
    }

    /// <summary>As <see cref="Put(Leaf, PidFd)"/>, after it was looked at.</summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="process">The process.</param>
    /// <param name="pid">Its number.</param>
    /// <param name="from">Where it was.</param>
    internal static LeafEntryResult Put(Leaf leaf, PidFd process, int pid, ProcessCgroups from)
    {
        string number = pid.ToString(CultureInfo.InvariantCulture);
        string? refused = null;
        foreach (LeafDirectory directory in leaf.Directories)
        {
            int errno = directory.TryWrite(Members, number);
            if (errno is 0 or Errno.ESRCH)
                continue;
            refused = $"{directory.Path}: {ErrnoText.Of(errno)}";
            break;
        }

        // Where it is now counts, not that the kernel took the write; and only while the number is its own.
        bool isThere = refused is null && CgroupsOf(pid) is { } now && now.Unified == leaf.Path;
        if (!process.IsOver)
            return isThere ? new LeafEntryResult.Placed() : new LeafEntryResult.Refused(refused ?? $"{leaf.Path}: it is not in there after the write");
        return new LeafEntryResult.Unplaced(PutBack(leaf, pid, from));
    }

    // Who bears the number now came from where its parent is; anybody else is a child of the one that was meant.
    private static string? PutBack(Leaf leaf, int pid, ProcessCgroups from)
    {
        string? left = null;
        foreach ((LeafDirectory directory, string mount, Func<ProcessCgroups, string?> pathOf) in Hierarchies(leaf))
        {
            foreach (string member in (directory.Text(Members) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                int one = int.Parse(member, CultureInfo.InvariantCulture);
                ProcessCgroups origin = one == pid ? CgroupsOf(ParentOf(one)) ?? from : from;
                int errno = CgroupFile.TryWrite($"{mount}{pathOf(origin)}/{Members}", member);
                if (errno is not (0 or Errno.ESRCH))
                    left ??= $"pid {one} is left in {directory.Path}: {ErrnoText.Of(errno)}";
            }
        }

        return left;
    }

    private static IEnumerable<(LeafDirectory Directory, string Mount, Func<ProcessCgroups, string?> PathOf)> Hierarchies(Leaf leaf)
    {
        foreach (V1Place place in leaf.Plan.V1)
        {
            if (place.Membership == V1Membership.Leaf && leaf.DirectoryOf(place.Controller) is LeafDirectory directory)
                yield return (directory, place.Mount, cgroups => cgroups.OfController(place.Controller));
        }

        yield return (leaf.Unified, leaf.Plan.UnifiedMount, cgroups => cgroups.Unified);
    }

    private static ProcessCgroups? CgroupsOf(int pid) => KernelFile.TextOrNothing($"/proc/{pid}/cgroup") is { Length: > 0 } text ? ProcessCgroups.Parse(text) : null;

    private static int ParentOf(int pid)
        => KernelFile.TextOrNothing($"/proc/{pid}/status") is { Length: > 0 } status && int.TryParse(ProcessStatus.Field(status, "PPid"), CultureInfo.InvariantCulture, out int parent) ? parent : -1;
}
