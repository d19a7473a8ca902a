namespace Isolation.Core;

/// <summary>Where a payload's leaf is among the cgroups, in the order in which the positions are tried (design.md section 5).</summary>
public enum Position : byte
{
    /// <summary>Under the nearest ancestor inside the job that is root's up to the root and holds no process.</summary>
    Beside = 1,

    /// <summary>A child of the pilot's own cgroup, which is root's.</summary>
    Below = 2,

    /// <summary>
    /// A child of a cgroup of the job's that is its user's, who can move processes out of it: only for rooms in which something else ends and
    /// proves the payload.
    /// </summary>
    Inside = 3,

    /// <summary>The service's slice.</summary>
    Own = 4,
}

/// <summary>The names of the positions, as policy, records and messages spell them.</summary>
public static class PositionNames
{
    /// <summary>The name.</summary>
    public static string Name(this Position position) => position switch
    {
        Position.Beside => "beside",
        Position.Below => "below",
        Position.Inside => "inside",
        Position.Own => "own",
        _ => throw new ArgumentOutOfRangeException(nameof(position), position, "a position of no name"),
    };
}
