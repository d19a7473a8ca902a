using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>The kinds of limit.</summary>
[Flags]
public enum LimitKinds : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Wall-clock time.</summary>
    Wall = 1,

    /// <summary>Memory.</summary>
    Memory = 2,

    /// <summary>Swap.</summary>
    Swap = 4,

    /// <summary>Processes and threads.</summary>
    Processes = 8,

    /// <summary>The share of CPU time under contention.</summary>
    CpuWeight = 16,

    /// <summary>CPU time per time.</summary>
    Cpus = 32,

    /// <summary>The share of input and output under contention.</summary>
    IoWeight = 64,

    /// <summary>Open files of each process.</summary>
    OpenFiles = 128,

    /// <summary>Space in the scratch.</summary>
    Scratch = 256,

    /// <summary>Files and directories in the scratch.</summary>
    ScratchFiles = 512,
}

/// <summary>The names of the limits, as policy, records and messages spell them.</summary>
public static class LimitNames
{
    /// <summary>Each kind with its name.</summary>
    public static readonly FlagNames<LimitKinds> Known = new(
    [
        (LimitKinds.Wall, "wall"),
        (LimitKinds.Memory, "memory"),
        (LimitKinds.Swap, "swap"),
        (LimitKinds.Processes, "pids"),
        (LimitKinds.CpuWeight, "cpu-weight"),
        (LimitKinds.Cpus, "cpus"),
        (LimitKinds.IoWeight, "io-weight"),
        (LimitKinds.OpenFiles, "files"),
        (LimitKinds.Scratch, "scratch"),
        (LimitKinds.ScratchFiles, "scratch-files"),
    ]);

    /// <summary>The names of those that are set, in the table's order.</summary>
    public static ImmutableArray<string> Names(this LimitKinds set) => Known.Of(set);
}
