using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>
/// What bounds the pilot besides its job's limits, and could be left behind by a payload that is born elsewhere. A place that would
/// leave one behind is not taken unless policy names that loss.
/// </summary>
[Flags]
public enum Ceilings : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The CPUs of its cpuset.</summary>
    Cpus = 1,

    /// <summary>The memory nodes of its cpuset.</summary>
    MemoryNodes = 2,

    /// <summary>Rates of input and output of its cgroups (io.max, blkio.throttle).</summary>
    IoLimits = 4,

    /// <summary>The devices that its cgroups let it open.</summary>
    Devices = 8,
}

/// <summary>The names of the ceilings, as policy, records and messages spell them.</summary>
public static class CeilingNames
{
    /// <summary>Each ceiling with its name.</summary>
    public static readonly FlagNames<Ceilings> Known = new(
    [
        (Ceilings.Cpus, "cpus"),
        (Ceilings.MemoryNodes, "memory-nodes"),
        (Ceilings.IoLimits, "io-limits"),
        (Ceilings.Devices, "devices"),
    ]);

    /// <summary>The names of those that are set, in the table's order.</summary>
    public static ImmutableArray<string> Names(this Ceilings set) => Known.Of(set);
}
