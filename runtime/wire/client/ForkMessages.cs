namespace Isolation.Wire;

/// <summary>The payload runs at log-only, and it is the client that forks it: instead of <see cref="EnteredAnswer"/>, without a channel.</summary>
/// <param name="Id">The payload's id.</param>
/// <param name="Handle">The secret that proves the payload to be the client's.</param>
/// <param name="Level">The level that policy decided on.</param>
public sealed record ForkAnswer(string Id, string Handle, string Level) : ServiceMessage;

/// <summary>
/// From the child of the client that is to become the payload, on a connection that this child itself made: who connected is the kernel's word.
/// Answered by <see cref="GoAnswer"/> once it may execute the command.
/// </summary>
/// <param name="Id">The payload's id.</param>
/// <param name="Handle">Its handle.</param>
public sealed record JoinRequest(string Id, string Handle) : ClientMessage;

/// <summary>The record is durable and the child in its place: it may execute the command. Whoever does not get this must not.</summary>
public sealed record GoAnswer : ServiceMessage;

/// <summary>On a connection that has joined: how the child ended, as its parent saw it. One member is given.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Signal">The signal that ended it.</param>
/// <param name="Errno">Why the command could not be executed: nothing of the payload has run.</param>
public sealed record TellRequest(int? Code = null, int? Signal = null, int? Errno = null) : ClientMessage;

/// <summary>On a connection that has joined: what has the payload used so far?</summary>
public sealed record UsageRequest : ClientMessage;

/// <summary>What a payload has used so far.</summary>
public sealed record UsageAnswer(WireUsage Usage) : ServiceMessage;
