namespace Isolation.Wire;

/// <summary>What there is to know about one payload; also the status channel's schema (docs/protocol.md).</summary>
public sealed record WirePayload
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary><c>entered</c>, <c>running</c> or <c>ended</c>.</summary>
    public required string State { get; init; }

    /// <summary>The secret; only where the owner is told, never in a list.</summary>
    public string? Handle { get; init; }

    /// <summary>The main process on the host, or null before the start.</summary>
    public int? Pid { get; init; }

    /// <summary>The payload's leaf in the unified cgroup hierarchy.</summary>
    public string? Cgroup { get; init; }

    /// <summary>True where it does not end with its client; null elsewhere.</summary>
    public bool? Detached { get; init; }

    /// <summary>The level.</summary>
    public string? Level { get; init; }

    /// <summary>The kind of room.</summary>
    public string? Room { get; init; }

    /// <summary>Its place among the cgroups.</summary>
    public WirePlacement? Placement { get; init; }

    /// <summary>The limits that apply; null for none.</summary>
    public WireLimits? Limits { get; init; }

    /// <summary>The payload account.</summary>
    public WireAccount? Account { get; init; }

    /// <summary>Whom it runs for.</summary>
    public string? Subject { get; init; }

    /// <summary>The rule that admitted it.</summary>
    public string? Rule { get; init; }

    /// <summary>The pilot's uid.</summary>
    public uint? PilotUid { get; init; }

    /// <summary>The pilot's batch job; null where neither the kernel nor its environment tells of one.</summary>
    public WireBatchJob? Job { get; init; }

    /// <summary>The command for people: printable, cut to 200 characters.</summary>
    public string? Command { get; init; }

    /// <summary>When it entered, UTC, ISO 8601.</summary>
    public string? Since { get; init; }

    /// <summary>The pilot's tags.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>How it ended; null before.</summary>
    public WireEnding? Ending { get; init; }

    /// <summary>What it used; null before.</summary>
    public WireUsage? Usage { get; init; }
}

/// <summary>The batch job of a pilot.</summary>
/// <param name="System"><c>slurm</c>, <c>htcondor</c>, <c>sge</c>, <c>pbs</c>, <c>torque</c>, <c>lsf</c> or <c>kubernetes</c>.</param>
/// <param name="Id">The job's id, or null.</param>
/// <param name="Evidence"><c>cgroup</c> or <c>tracking-group</c>: what the kernel shows; <c>claim</c>: only the pilot's environment says so.</param>
public sealed record WireBatchJob(string System, string? Id, string Evidence);

/// <summary>An account of the host.</summary>
public sealed record WireAccount(uint Uid, uint Gid, IReadOnlyList<uint> Groups, string? Name);

/// <summary>How a payload ended.</summary>
public sealed record WireEnding
{
    /// <summary>
    /// <c>exited</c>, <c>signaled</c>, <c>timed-out</c>, <c>out-of-memory</c>, <c>abandoned</c>, <c>killed-from-outside</c>, <c>refused</c>, <c>busy</c>,
    /// <c>unavailable</c>, <c>setup-failed</c>, <c>lost</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>exited: the exit code.</summary>
    public int? Code { get; init; }

    /// <summary>signaled: the signal.</summary>
    public int? Signal { get; init; }

    /// <summary>timed-out: the limit.</summary>
    public long? LimitMilliseconds { get; init; }

    /// <summary>out-of-memory: whose limit, <c>payload</c>, <c>job</c>, <c>host</c> or <c>unknown</c>.</summary>
    public string? Limit { get; init; }

    /// <summary>out-of-memory: who was killed; absent when nobody knows.</summary>
    public string? Victim { get; init; }

    /// <summary>refused: what forbids it.</summary>
    public string? Rule { get; init; }

    /// <summary>setup-failed: the step.</summary>
    public string? Step { get; init; }

    /// <summary>What was seen: reason, cause or evidence.</summary>
    public string? Why { get; init; }

    /// <summary>What to do.</summary>
    public string? Fix { get; init; }

    /// <summary>unavailable: whether the site lets the pilot run the payload itself.</summary>
    public bool? PilotMayRun { get; init; }

    /// <summary>busy: when to try again.</summary>
    public long? RetryAfterMilliseconds { get; init; }
}
