namespace Isolation.Core;

/// <summary>What is known of processes of a payload that the kernel killed for want of memory.</summary>
/// <param name="Kills">How many the leaf's counter says; at least 1.</param>
/// <param name="Limit">Whose limit it was.</param>
/// <param name="Victims">Who was killed, as the kernel's log says; empty where the log could not be read or was cut short.</param>
public sealed record OutOfMemory(long Kills, MemoryLimit Limit, string Victims);

/// <summary>Whose memory limit was reached.</summary>
public enum MemoryLimit : byte
{
    /// <summary>Not known: neither the kernel's log nor the counters tell.</summary>
    Unknown = 0,

    /// <summary>The payload's own.</summary>
    Payload = 1,

    /// <summary>The batch job's: one set on a cgroup above the leaf.</summary>
    Job = 2,

    /// <summary>The host's: it had no memory left, or a cgroup of the host's own had none.</summary>
    Host = 3,
}

/// <summary>The names of the limits, as records and answers have them.</summary>
public static class MemoryLimits
{
    /// <summary>Its name.</summary>
    public static string Name(this MemoryLimit limit) => limit switch
    {
        MemoryLimit.Payload => "payload",
        MemoryLimit.Job => "job",
        MemoryLimit.Host => "host",
        _ => "unknown",
    };
}
