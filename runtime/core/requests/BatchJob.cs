namespace Isolation.Core;

/// <summary>A batch job that the kernel shows a process to be in.</summary>
/// <param name="System">Whose job it is.</param>
/// <param name="Id">The job's id as its cgroup names it (HTCondor: the slot); null where only a tracking group is seen.</param>
/// <param name="Evidence">How that is known.</param>
/// <param name="Cgroup">The topmost cgroup of the job, in the hierarchy that gives the key; null where only a tracking group is seen.</param>
/// <param name="TrackingGroup">The supplementary group by which the batch system tracks the job; null for none.</param>
public sealed record BatchJob(BatchSystem System, string? Id, BatchEvidence Evidence, string? Cgroup, GroupId? TrackingGroup);

/// <summary>A batch job that the environment of a process names: its own word, recorded and never acted on.</summary>
/// <param name="System">Whose job it is said to be.</param>
/// <param name="Id">The id it is said to have; null where the environment names only the system.</param>
public sealed record BatchClaim(BatchSystem System, string? Id);

/// <summary>What shows a process to be in a job.</summary>
public enum BatchEvidence
{
    /// <summary>A cgroup whose parents are all root's.</summary>
    Cgroup,

    /// <summary>A supplementary group that only root can give.</summary>
    TrackingGroup,
}
