using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>Something the service or an operator did: start, stop, policy reload, a signal to somebody's payload.</summary>
/// <param name="What">One of a fixed set: <c>service-started</c>, <c>service-stopped</c>, <c>account-cleared</c>, <c>policy-loaded</c>, <c>policy-refused</c>, <c>operator-signal</c>.</param>
/// <param name="Payload">The payload concerned, or null.</param>
/// <param name="Details">Names and values, bounded by the caller.</param>
public sealed record ServiceEvent(string What, PayloadId? Payload, ImmutableSortedDictionary<string, string> Details);
