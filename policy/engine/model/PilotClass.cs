using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>One entry under <c>pilots</c>.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="ClaimsTrusted">Its pilots may name a subject without a credential.</param>
/// <param name="Levels">The levels its payloads may have; null for all that the rules allow.</param>
/// <param name="Limits">Limits for every payload of the class.</param>
/// <param name="MaxPayloads">How many payloads one pilot account of the class may have running at a time, or null.</param>
internal sealed record PilotClass(string Name, bool ClaimsTrusted, ImmutableArray<Level>? Levels, Limits Limits, int? MaxPayloads);

/// <summary>One account that may ask.</summary>
internal sealed record PilotAccount(HostAccount Account, PilotClass Class);
