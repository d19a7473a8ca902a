using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>What can hold of a payload's place among the cgroups. Policy says what must.</summary>
[Flags]
public enum PlacementProperties : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The batch job's limits hold for the payload. A pilot in no batch job has none to hold.</summary>
    JobLimits = 1,

    /// <summary>The batch system's own accounting counts the payload. A pilot in no batch job has none.</summary>
    JobAccounting = 2,

    /// <summary>The payload can have limits of its own.</summary>
    OwnLimits = 4,

    /// <summary>The leaf's emptiness proves that no process is left: nobody but root can have moved one out.</summary>
    CgroupProof = 8,
}

/// <summary>The names of the properties, as policy, records and messages spell them.</summary>
public static class PlacementPropertyNames
{
    /// <summary>Each property with its name.</summary>
    public static readonly FlagNames<PlacementProperties> Known = new(
    [
        (PlacementProperties.JobLimits, "job-limits"),
        (PlacementProperties.JobAccounting, "job-accounting"),
        (PlacementProperties.OwnLimits, "own-limits"),
        (PlacementProperties.CgroupProof, "cgroup-proof"),
    ]);

    /// <summary>The names of those that are set, in the table's order.</summary>
    public static ImmutableArray<string> Names(this PlacementProperties set) => Known.Of(set);
}
