using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>Where a leaf is to be made. Nobody but root can move a process of another uid into or out of what is made there.</summary>
/// <param name="Name">The leaf's name.</param>
/// <param name="UnifiedMount">Mount point of the unified hierarchy.</param>
/// <param name="UnifiedParent">Path of the parent below it, with a leading slash; empty for the root.</param>
/// <param name="V1">What becomes of each v1 hierarchy that the payload joins.</param>
/// <param name="Jobs">Directories of the batch system in which this leaf is made, and which it may not be able to remove at its first try.</param>
public sealed record LeafPlan(string Name, string UnifiedMount, string UnifiedParent, ImmutableArray<V1Place> V1, ImmutableArray<JobDirectory> Jobs)
{
    /// <summary>The room's own cgroup, which the leaf is in; null where the room's first process is elsewhere.</summary>
    public RoomCgroup? Room { get; init; }

    /// <summary>Path of the leaf in the unified hierarchy.</summary>
    public string UnifiedPath => $"{RoomPath ?? UnifiedParent}/{Name}";

    /// <summary>Path of the cgroup of the room's first process there; null where the room has no cgroup of its own.</summary>
    public string? FirstPath => RoomPath is null ? null : $"{RoomPath}/{RoomCgroup.First}";

    private string? RoomPath => Room is null ? null : $"{UnifiedParent}/{Room.Name}";

    /// <summary>The directories that will be the leaf's own.</summary>
    public string[] Directories
        => [$"{UnifiedMount}{UnifiedPath}", .. V1.Where(place => place.Membership == V1Membership.Leaf).Select(place => $"{place.Mount}{place.Cgroup}/{Name}")];
}

/// <summary>
/// A batch system's directory with a leaf in it. Slurm tries once to remove its directories, milliseconds after the last of the processes that
/// it looks for; one that holds a leaf at that moment stays until the next boot, unless whoever made the leaf removes it.
/// </summary>
/// <param name="Mount">The hierarchy's mount point.</param>
/// <param name="Path">The directory below it.</param>
/// <param name="Top">The job's topmost directory there.</param>
/// <param name="GuardMount">Mount point of the hierarchy in which the batch system keeps track of the job: what is gone there, it has given up.</param>
/// <param name="GuardPath">The pilot's directory there; where it is the leaf's own hierarchy, the directory of the step that the batch system removes first.</param>
public sealed record JobDirectory(string Mount, string Path, string Top, string GuardMount, string GuardPath);

/// <summary>The payload's place in one v1 hierarchy.</summary>
/// <param name="Controller">A controller of the hierarchy.</param>
/// <param name="Mount">Its mount point.</param>
/// <param name="Cgroup">Path below the mount point: the parent of the leaf, or the cgroup that is joined.</param>
/// <param name="Membership">Which of both.</param>
public sealed record V1Place(string Controller, string Mount, string Cgroup, V1Membership Membership);

/// <summary>How a payload belongs to a v1 hierarchy.</summary>
public enum V1Membership
{
    /// <summary>In a leaf of its own.</summary>
    Leaf,

    /// <summary>In a cgroup that is there already, with others.</summary>
    Joined,
}
