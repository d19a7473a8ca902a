using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>One entry under <c>rules</c>.</summary>
/// <param name="Name">In the record of every payload it decides.</param>
/// <param name="Match">Whom it is for.</param>
/// <param name="Levels">Its own choice of levels; null for the one of the section <c>levels</c>.</param>
/// <param name="Account">The entry under <c>accounts</c>.</param>
/// <param name="Limits">Limits of its payloads.</param>
/// <param name="MultiUser">Pilots may run payloads of others under it, where Q1 says <c>depends</c>.</param>
/// <param name="Images">The images that its payloads may have; null for those of the section <c>images</c>.</param>
internal sealed record Rule(string Name, RuleMatch Match, LevelChoice? Levels, string Account, Limits Limits, bool MultiUser, ImmutableArray<ImagePattern>? Images);

/// <summary>Whom a rule is for: every part that is set must fit.</summary>
/// <param name="PilotClass">The pilot's class.</param>
/// <param name="Subject">The identity's subject.</param>
/// <param name="NeedsCredential">It names a VO, an FQAN or an issuer, which only a credential shows; no identity has one so far.</param>
internal sealed record RuleMatch(string? PilotClass, Glob? Subject, bool NeedsCredential)
{
    public bool IsEverybody => PilotClass is null && Subject is null && !NeedsCredential;

    public bool Fits(PilotClass pilot, Identity identity)
        => !NeedsCredential && (PilotClass is null || PilotClass == pilot.Name) && Subject?.Matches(identity.Subject) != false;
}
