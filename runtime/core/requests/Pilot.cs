using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>A process that asks, as the kernel describes it. Only <see cref="Claim"/> is the process's own word.</summary>
/// <param name="Uid">Its effective uid when it connected.</param>
/// <param name="Gid">Its effective gid when it connected.</param>
/// <param name="Process">Its pid in the host's pid namespace.</param>
/// <param name="StartTime">Clock ticks after boot (proc(5), /proc/PID/stat field 22): tells two processes of one pid apart.</param>
/// <param name="AccountName">The name of <paramref name="Uid"/> in the host's account database, or null.</param>
/// <param name="Cgroup">Its cgroup in the unified hierarchy.</param>
/// <param name="Job">Which batch job it is in.</param>
public sealed record Pilot(UserId Uid, GroupId Gid, ProcessId Process, ulong StartTime, string? AccountName, string Cgroup, JobKey Job)
{
    /// <summary>The job behind <see cref="Job"/>; null when that is <see cref="JobKey.None"/>.</summary>
    public BatchJob? Batch { get; init; }

    /// <summary>Its supplementary groups when it connected.</summary>
    public ImmutableArray<GroupId> Groups { get; init; } = [];

    /// <summary>The job that the environment of its request names; null where it names none, and before there is a request.</summary>
    public BatchClaim? Claim { get; init; }
}
