using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Wire;

/// <summary>What isolationd sends on <c>isolation.sock</c>. A client ignores members it does not know.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(HelloAnswer), "hello")]
[JsonDerivedType(typeof(ErrorAnswer), "error")]
[JsonDerivedType(typeof(EnteredAnswer), "entered")]
[JsonDerivedType(typeof(StartedAnswer), "started")]
[JsonDerivedType(typeof(EndedAnswer), "ended")]
[JsonDerivedType(typeof(ExplainedAnswer), "explained")]
[JsonDerivedType(typeof(PayloadsAnswer), "payloads")]
[JsonDerivedType(typeof(PayloadAnswer), "payload")]
[JsonDerivedType(typeof(RecordAnswer), "record")]
[JsonDerivedType(typeof(StatusAnswer), "status")]
[JsonDerivedType(typeof(DoneAnswer), "done")]
[JsonDerivedType(typeof(DrainingAnswer), "draining")]
[JsonDerivedType(typeof(DiagnosedAnswer), "diagnosed")]
[JsonDerivedType(typeof(CollectAnswer), "collect")]
[JsonDerivedType(typeof(LendAnswer), "lend")]
[JsonDerivedType(typeof(ForkAnswer), "fork")]
[JsonDerivedType(typeof(GoAnswer), "go")]
[JsonDerivedType(typeof(UsageAnswer), "usage")]
public abstract record ServiceMessage;

/// <summary>The first frame of the service.</summary>
/// <param name="Version">The protocol's version.</param>
/// <param name="Service">Name and version of the service.</param>
public sealed record HelloAnswer(int Version, string Service) : ServiceMessage;

/// <summary>The request was not carried out, and the connection may be closed after it.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">What was wrong.</param>
/// <param name="Fix">What to do.</param>
public sealed record ErrorAnswer(string Code, string Message, string Fix) : ServiceMessage;

/// <summary>
/// The room was entered. With this frame's first byte comes a descriptor, the client's end of the pilot's channel, and a second one where an
/// exchange was asked for.
/// </summary>
/// <param name="Id">The payload's id.</param>
/// <param name="Handle">The secret that proves the payload to be the client's.</param>
/// <param name="Exchange">What the second descriptor is: <c>directory</c> or <c>copier</c>; null where there is none.</param>
public sealed record EnteredAnswer(string Id, string Handle, string? Exchange = null) : ServiceMessage;

/// <summary>
/// Name the directory that you lend, now and yourself: its path, in one send over the socket that comes with this frame's first byte.
/// </summary>
/// <param name="Id">The payload's id.</param>
public sealed record LendAnswer(string Id) : ServiceMessage;

/// <summary>The payload is over and nothing of it runs: fetch files now, and answer <c>collected</c>.</summary>
/// <param name="Id">The payload's id.</param>
public sealed record CollectAnswer(string Id) : ServiceMessage;

/// <summary>The payload runs.</summary>
/// <param name="Payload">What there is to know about it.</param>
public sealed record StartedAnswer(WirePayload Payload) : ServiceMessage;

/// <summary>It is over, or never began; always the last frame of a <c>run</c> that is not detached.</summary>
/// <param name="Id">The payload's id.</param>
/// <param name="Ending">How it ended.</param>
/// <param name="Usage">What it used; null when it never started.</param>
public sealed record EndedAnswer(string Id, WireEnding Ending, WireUsage? Usage) : ServiceMessage
{
    /// <summary>Processes of it that the kernel killed for want of memory; null when there were none.</summary>
    public WireOutOfMemory? OutOfMemory { get; init; }

    /// <summary>Why the client was not asked to fetch its files, or its answer not taken; null where it was, or wanted none.</summary>
    public string? NotCollected { get; init; }
}

/// <summary>The decision a request would get.</summary>
/// <param name="Decision"><c>admit</c>, <c>refuse</c> or <c>unavailable</c>.</param>
/// <param name="Rule">The rule that decides.</param>
/// <param name="Level">The level, when admitted.</param>
/// <param name="Account">The account entry, when admitted.</param>
/// <param name="Why">The reason, when not.</param>
/// <param name="Fix">What would have to change, when not.</param>
/// <param name="Trail">What was looked at, in order, one sentence each.</param>
/// <param name="Limits">The limits that would apply, when admitted; null for none.</param>
/// <param name="Demand">What is demanded of its place, when admitted. The place itself is found when a payload enters.</param>
public sealed record ExplainedAnswer(
    string Decision, string? Rule, string? Level, string? Account, string? Why, string? Fix, IReadOnlyList<string> Trail, WireLimits? Limits = null,
    WireDemand? Demand = null) : ServiceMessage
{
    /// <summary>What each position would hold; null where somebody else's request is explained, or it would not be admitted.</summary>
    public WireSurvey? Survey { get; init; }
}

/// <summary>The payloads that the caller may see, oldest first.</summary>
public sealed record PayloadsAnswer(IReadOnlyList<WirePayload> Payloads) : ServiceMessage;

/// <summary>One payload.</summary>
public sealed record PayloadAnswer(WirePayload Payload) : ServiceMessage;

/// <summary>One record of the ledger, as it stands there.</summary>
public sealed record RecordAnswer(JsonElement Record) : ServiceMessage;

/// <summary>Carried out; nothing more to say.</summary>
/// <param name="Note">What was done, one sentence, or null.</param>
public sealed record DoneAnswer(string? Note = null) : ServiceMessage
{
    /// <summary>Of a signal: true where it acts only when the batch system resumes the payload's job.</summary>
    public bool? Suspended { get; init; }
}

/// <summary>The service takes no new payloads from now on.</summary>
/// <param name="Running">Payloads that it waits for.</param>
/// <param name="Waiting">Requests that came before, and wait for their turn to be set up.</param>
public sealed record DrainingAnswer(int Running, int Waiting) : ServiceMessage;

/// <summary>How the service is.</summary>
public sealed record StatusAnswer : ServiceMessage
{
    /// <summary>Name and version.</summary>
    public required string Service { get; init; }

    /// <summary>True where it takes no new payloads and ends when there are none; null elsewhere.</summary>
    public bool? Draining { get; init; }

    /// <summary>The site's name, from the policy.</summary>
    public required string Site { get; init; }

    /// <summary>SHA-256 of the policy file in force.</summary>
    public required string PolicyEpoch { get; init; }

    /// <summary>Each level, weakest first.</summary>
    public required IReadOnlyList<WireReadiness> Levels { get; init; }

    /// <summary>Is the warden there, and what it is.</summary>
    public required WirePart Warden { get; init; }

    /// <summary>Can the ledger be written.</summary>
    public required WirePart Ledger { get; init; }

    /// <summary>Payloads between entering and ending.</summary>
    public required int Running { get; init; }

    /// <summary>Requests that wait for their turn to be set up.</summary>
    public int Waiting { get; init; }

    /// <summary>The same, by the position of their leaves; positions without one are left out.</summary>
    public IReadOnlyDictionary<string, int> Positions { get; init => field = value ?? new Dictionary<string, int>(); } = new Dictionary<string, int>();

    /// <summary>The rooms built ahead, by kind; empty where none were asked for yet, or the warden does not answer.</summary>
    public IReadOnlyList<WireStock> WarmRooms { get; init => field = value ?? []; } = [];

    /// <summary>Accounts lent.</summary>
    public required int Lent { get; init; }

    /// <summary>Accounts in quarantine.</summary>
    public required int Quarantined { get; init; }
}

/// <summary>A part of the service: ready or not, with one sentence.</summary>
public sealed record WirePart(bool Ready, string Detail);

/// <summary>The rooms of one kind that were built ahead.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Kind">The kind of room.</param>
/// <param name="Ready">Rooms that wait for a payload.</param>
/// <param name="Hits">Payloads that found one, since the warden started.</param>
/// <param name="Misses">Payloads whose room was built while they waited.</param>
/// <param name="OldestSeconds">For how long the oldest has been waiting; null where none does.</param>
public sealed record WireStock(string Level, string Kind, int Ready, long Hits, long Misses, long? OldestSeconds);

/// <summary>The readiness of one level.</summary>
/// <param name="Level">Its name.</param>
/// <param name="Ready">Whether payloads can run at it here and now.</param>
/// <param name="Kinds">The kinds of room that work.</param>
/// <param name="Cause">If not ready: what was tried and seen.</param>
/// <param name="Fix">If not ready: what an administrator can do.</param>
public sealed record WireReadiness(string Level, bool Ready, IReadOnlyList<string> Kinds, string? Cause, string? Fix);

/// <summary>Codes of <see cref="ErrorAnswer"/>.</summary>
public static class ErrorCodes
{
    /// <summary>The frame or its JSON breaks the protocol.</summary>
    public const string BadFrame = "bad-frame";

    /// <summary>The first frame names a version that the service does not speak.</summary>
    public const string BadVersion = "bad-version";

    /// <summary>A member's value is out of bounds; every fault is named.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>The caller may not do this.</summary>
    public const string NotAllowed = "not-allowed";

    /// <summary>No payload of that id, or not the caller's: the answer is the same.</summary>
    public const string NoSuchPayload = "no-such-payload";

    /// <summary>Too many connections or payloads of this uid.</summary>
    public const string Busy = "busy";

    /// <summary>The service failed; the message says at what.</summary>
    public const string Failed = "failed";
}
