namespace Isolation.Core;

/// <summary>A request that came to nothing before it was admitted. Counted per uid and cause; recorded in bounded numbers.</summary>
/// <param name="Payload">The id the request had.</param>
/// <param name="Pilot">Who asked.</param>
/// <param name="Cause">What it failed on, from a bounded set: a rule's name, a setup step, <c>abandoned</c>.</param>
/// <param name="Ending">The answer that was given.</param>
public sealed record NotAdmitted(PayloadId Payload, Pilot Pilot, string Cause, Ending Ending);
