using System.Text.Json.Serialization;

namespace Isolation.Wire;

/// <summary>What a client sends on <c>isolation.sock</c>. Members that this version does not know are refused, never ignored.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(HelloRequest), "hello")]
[JsonDerivedType(typeof(RunRequest), "run")]
[JsonDerivedType(typeof(ExplainRequest), "explain")]
[JsonDerivedType(typeof(SignalRequest), "signal")]
[JsonDerivedType(typeof(WaitRequest), "wait")]
[JsonDerivedType(typeof(ListRequest), "list")]
[JsonDerivedType(typeof(ShowRequest), "show")]
[JsonDerivedType(typeof(TraceRequest), "trace")]
[JsonDerivedType(typeof(StatusRequest), "status")]
[JsonDerivedType(typeof(ReloadPolicyRequest), "reload-policy")]
[JsonDerivedType(typeof(ClearAccountRequest), "clear-account")]
[JsonDerivedType(typeof(DrainRequest), "drain")]
[JsonDerivedType(typeof(DoctorRequest), "doctor")]
[JsonDerivedType(typeof(CollectedRequest), "collected")]
[JsonDerivedType(typeof(JoinRequest), "join")]
[JsonDerivedType(typeof(TellRequest), "tell")]
[JsonDerivedType(typeof(UsageRequest), "usage")]
public abstract record ClientMessage;

/// <summary>The first frame of every connection.</summary>
/// <param name="Version">The protocol's version, <see cref="FrameFormat.Version"/>.</param>
/// <param name="Client">The client's own name and version, for the log; at most 100 characters.</param>
public sealed record HelloRequest(int Version, string? Client = null) : ClientMessage;

/// <summary>Run a payload. The connection then belongs to it, until <c>ended</c>: answers are <c>entered</c>, <c>started</c>, <c>ended</c>.</summary>
public sealed record RunRequest : ClientMessage
{
    // The generated reader sets what a frame leaves out to null: ?? puts the empty value back.

    /// <summary>Arguments, each as base64; the first names the program, searched in the payload's PATH when it has no slash.</summary>
    public required IReadOnlyList<byte[]> Command { get; init; }

    /// <summary>Environment entries <c>NAME=value</c>, each as base64. The service passes those that policy lets through.</summary>
    public IReadOnlyList<byte[]> Environment { get; init => field = value ?? []; } = [];

    /// <summary>Entries that the caller named itself (<c>--env</c>), each as base64; passed on whatever their name, but for a few that the room defines.</summary>
    public IReadOnlyList<byte[]> ExplicitEnvironment { get; init => field = value ?? []; } = [];

    /// <summary>Level asked for, or null.</summary>
    public string? Level { get; init; }

    /// <summary>Subject claimed, or null.</summary>
    public string? Claim { get; init; }

    /// <summary>The image asked for, or null for the host's tree.</summary>
    public string? Image { get; init; }

    /// <summary>Working directory as base64, or null for the payload's scratch.</summary>
    public byte[]? WorkingDirectory { get; init; }

    /// <summary>That directory is the caller's own, and it lends it where the site lets it: the answer is then <c>lend</c> before <c>entered</c>.</summary>
    public bool Lend { get; init; }

    /// <summary>With <see cref="Lend"/>: it is, or holds, the caller's home or a credential, and is lent all the same.</summary>
    public bool LendCredentials { get; init; }

    /// <summary>The payload is not to end with its client, and the answers end with <c>started</c>.</summary>
    public bool Detach { get; init; }

    /// <summary>The caller's own tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    /// <summary>Limits asked for.</summary>
    public WireLimits? Limits { get; init; }

    /// <summary>Files that pass between client and payload, or null for none.</summary>
    public WireExchange? Exchange { get; init; }
}

/// <summary>Files that a client brings before the start and fetches after the ending, by their names in the payload's scratch.</summary>
public sealed record WireExchange
{
    /// <summary>What it brings.</summary>
    public IReadOnlyList<WireInput> In { get; init => field = value ?? []; } = [];

    /// <summary>What it fetches: names, each as base64.</summary>
    public IReadOnlyList<byte[]> Out { get; init => field = value ?? []; } = [];
}

/// <summary>A file that a client brings.</summary>
/// <param name="Name">Its name in the scratch, as base64.</param>
/// <param name="Bytes">Its length.</param>
public sealed record WireInput(byte[] Name, long Bytes);

/// <summary>The answer of a client to <c>collect</c>: it has fetched what it wanted.</summary>
/// <param name="Files">One for each name of the request's <c>out</c>, in that order.</param>
public sealed record CollectedRequest(IReadOnlyList<WireCollected> Files) : ClientMessage;

/// <summary>What became of one file.</summary>
/// <param name="Bytes">How many bytes were taken; null where none was.</param>
/// <param name="Why">Why not.</param>
public sealed record WireCollected(long? Bytes = null, string? Why = null);

/// <summary>Limits of one payload; null where none is set.</summary>
/// <param name="WallMilliseconds">Wall-clock time.</param>
/// <param name="MemoryBytes">Memory, without swap.</param>
/// <param name="SwapBytes">Swap; 0 for none.</param>
/// <param name="Processes">Processes and threads.</param>
/// <param name="CpuWeight">The share of CPU time under contention, 1 to 10000.</param>
/// <param name="MilliCpus">CPU time per time, thousandths of one CPU.</param>
/// <param name="IoWeight">The share of input and output under contention, 1 to 10000.</param>
/// <param name="OpenFiles">Open files of each process.</param>
/// <param name="ScratchBytes">Space in scratch.</param>
/// <param name="ScratchFiles">Files, directories and links in scratch.</param>
public sealed record WireLimits(
    long? WallMilliseconds = null, long? MemoryBytes = null, long? SwapBytes = null, long? Processes = null, long? CpuWeight = null, long? MilliCpus = null,
    long? IoWeight = null, long? OpenFiles = null, long? ScratchBytes = null, long? ScratchFiles = null);

/// <summary>What would be decided for this request, and why. Nothing is run or recorded.</summary>
/// <param name="Request">The request, as <c>run</c> would send it.</param>
/// <param name="Uid">Whose request; null for the caller's own. Operators only.</param>
public sealed record ExplainRequest(RunRequest Request, uint? Uid = null) : ClientMessage;

/// <summary>Send a signal to a payload. For its owner (with the handle) or an operator.</summary>
public sealed record SignalRequest(string Id, int Signal, string? Handle = null) : ClientMessage;

/// <summary>Wait for the ending of a payload whose own connection is gone: the answer is <c>ended</c>.</summary>
/// <param name="Id">The payload.</param>
/// <param name="Handle">Its handle; an operator needs none.</param>
public sealed record WaitRequest(string Id, string? Handle = null) : ClientMessage;

/// <summary>The payloads: an operator sees all, anybody else those of the handles shown.</summary>
public sealed record ListRequest(IReadOnlyList<string>? Handles = null) : ClientMessage;

/// <summary>One payload. For its owner (with the handle) or an operator.</summary>
public sealed record ShowRequest(string Id, string? Handle = null) : ClientMessage;

/// <summary>Records of the ledger, each as a frame <c>record</c>, then <c>done</c>. Operators only.</summary>
public sealed record TraceRequest(string? Payload = null, uint? Uid = null) : ClientMessage;

/// <summary>How the service is: version, policy, readiness of each level, ledger, counts.</summary>
public sealed record StatusRequest : ClientMessage;

/// <summary>Load the policy file again. Operators only.</summary>
public sealed record ReloadPolicyRequest : ClientMessage;

/// <summary>An account is clean, and may leave its quarantine. Operators only.</summary>
/// <param name="Uid">The account.</param>
public sealed record ClearAccountRequest(uint Uid) : ClientMessage;

/// <summary>Take no new payloads, and end when those that there are, are over. Operators only. Answers: <c>draining</c>, then <c>done</c> or <c>error</c> when the service ends.</summary>
/// <param name="WithinMilliseconds">End then all the same; null to wait for all.</param>
public sealed record DrainRequest(long? WithinMilliseconds = null) : ClientMessage;

/// <summary>What a payload of the caller's would get here and now, found by doing. Nothing is run or recorded.</summary>
public sealed record DoctorRequest : ClientMessage
{
    /// <summary>Environment entries <c>NAME=value</c>, each as base64, as <c>run</c> would send them: they may claim a batch job.</summary>
    public IReadOnlyList<byte[]> Environment { get; init => field = value ?? []; } = [];
}
