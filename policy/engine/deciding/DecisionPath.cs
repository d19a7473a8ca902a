using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>
/// The way of one request through the policy, read downwards: pilot, identity, rule, level, limits and place as asked; everything that
/// refuses comes before everything that is unavailable, so that a pilot is never told to run itself what policy refuses.
/// </summary>
internal sealed record DecisionPath(
    PolicySnapshot Policy, PayloadRequest Request, IReadOnlyDictionary<Level, Readiness> Readiness, List<string>? Trail)
{
    public Decision Decide()
    {
        Decision decision = Walk();
        Trail?.Add(decision switch
        {
            Decision.Admit admit => $"Admitted by '{admit.Rule}' at {admit.Level.Name()} {admit.RoomKind}, account from '{admit.AccountRule}'.",
            Decision.Refuse refuse => $"Refused by '{refuse.Rule}': {refuse.Why}.",
            Decision.Unavailable none => $"Unavailable: {none.Cause}. The pilot {(none.PilotMayRun ? "may" : "may not")} run the payload itself.",
            _ => throw new InvalidOperationException("a decision of an unknown kind"),
        });
        if (decision is Decision.Admit { Level: Level.Setuid, RoomKind: RoomKey.Private })
            Trail?.Add($"User namespaces in its room: {(Policy.Levels.Private.NestedContainers ? "allow" : "deny")} (nested-containers).");
        return decision;
    }

    private Decision Walk()
    {
        // Who asks
        if (!Policy.Pilots.TryGetValue(Request.Pilot.Uid, out PilotAccount? pilot))
            return new Decision.Refuse("pilots", $"uid {Request.Pilot.Uid} is in no class of pilots",
                "An administrator can add the account under 'pilots' in the policy file.");
        Trail?.Add($"Uid {Request.Pilot.Uid} ('{pilot.Account.Name}') is a pilot of the class '{pilot.Class.Name}'.");

        // For whom
        if (Request.ClaimedSubject is not null && !pilot.Class.ClaimsTrusted)
            return new Decision.Refuse("claims", $"pilots of the class '{pilot.Class.Name}' may not name a subject without a credential",
                "Ask without a claim; or an administrator can set 'claims: trusted' for the class.");
        Identity identity = Request.ClaimedSubject is string subject ? new Identity.Claimed(subject) : new Identity.PilotItself(pilot.Account.Name);
        bool forOthers = identity is Identity.Claimed;
        Trail?.Add(forOthers ? $"It names the subject {Findings.Quote(identity.Subject)}, and claims of its class are trusted."
            : "It asks for itself: no other identity was shown.");
        if (forOthers && Policy.Answers.MultiUser == MultiUserPilots.No)
            return new Decision.Refuse("multi-user-pilots", "the site runs payloads for the pilot's own identity only",
                "Ask without a claim; the answer is the site's (multi-user-pilots: no).");

        // By which rule
        Rule? rule = FirstMatch(pilot.Class, identity);
        if (rule is null)
            return new Decision.Refuse("rules", "no rule of the policy is for this pilot and identity",
                "An administrator can add a rule; match: {} is for everybody.");
        if (forOthers && Policy.Answers.MultiUser == MultiUserPilots.Depends && !rule.MultiUser)
            return new Decision.Refuse(rule.Name, "the rule is not for payloads of others than the pilot",
                "Ask without a claim; or an administrator can mark the rule 'multi-user: yes'.");

        // At which level
        LevelChoice choice = rule.Levels ?? Policy.Levels.Choice;
        ImmutableArray<Level> accepted = pilot.Class.Levels is { } own ? [.. choice.Accept.Where(l => own.Contains(l))] : choice.Accept;
        Level wanted = Request.Level ?? (Request.Image is not null && accepted.Contains(Level.Container) ? Level.Container : choice.Prefer);
        Trail?.Add($"{(Request.Level is null ? "The policy prefers" : "The request asks for")} {wanted.Name()}; accepted here: {Names(accepted)}.");
        if (!accepted.Contains(wanted))
        {
            string fix = accepted.IsEmpty ? $"An administrator can let the class '{pilot.Class.Name}' and the rule '{rule.Name}' share a level."
                : $"Ask for one of: {Names(accepted)}.";
            return choice.Accept.Contains(wanted)
                ? new Decision.Refuse("pilots", $"the class '{pilot.Class.Name}' may not have payloads at {wanted.Name()}", fix)
                : new Decision.Refuse(rule.Name, $"the rule does not accept the level {wanted.Name()}", fix);
        }

        Limits limits = rule.Limits.Tightest(pilot.Class.Limits).Tightest(Request.Limits);
        if (Request.IsDetached && NotDetached(wanted, limits) is Decision.Refuse bound)
            return bound;

        (Decision.Refuse? none, AllowedImage? image) = ImageAt(rule, wanted);
        if (none is not null)
            return none;

        // Nothing refuses from here on
        Trail?.Add(LimitTrail.Of(rule.Limits, pilot.Class.Limits, Request.Limits));
        Trail?.Add(LimitTrail.Of(Policy.Placement));
        return Unasked()
            ?? AtLevel(wanted, [.. accepted.Where(level => ImageAt(rule, level).None is null)], (level, kind) =>
            {
                var admit = new Decision.Admit(rule.Name, level, kind, identity, AccountRule(rule, level), limits, Policy.Placement, Policy.Epoch) { Lends = Lends(level, kind), Image = image };
                return level == Level.LogOnly ? admit with { Would = Would(rule, choice, accepted, admit) }
                    : admit.Lends && Request.LendsCredentials && !Policy.Places.LendCredentials ? NoCredentials : admit;
            });
    }

    // At the level container a payload's account comes with its room, unless it is one that its identity keeps, or of the host's.
    private string AccountRule(Rule rule, Level level)
        => level == Level.Container && Policy.Accounts.ContainsKey(AccountsReader.RoomsKey)
            && Policy.Accounts.TryGetValue(rule.Account, out AccountEntry? entry) && entry is { PerIdentity: false, Source: AccountSource.Range }
            ? AccountsReader.RoomsKey
            : rule.Account;

    // The image that a payload has at a level, or why it cannot have the one that it asks for; only a container shows one.
    private (Decision.Refuse? None, AllowedImage? Image) ImageAt(Rule rule, Level level)
    {
        if (level != Level.Container)
            return (Request.Image is null ? null : new Decision.Refuse("image", $"an image is shown in containers, and this payload would be at {level.Name()}", "Ask for the level container where it is accepted, or for no image."), null);
        ImmutableArray<ImagePattern> images = rule.Images ?? Policy.Places.Images;
        if (images.FirstOrDefault(image => image.Fits(Request.Image)) is ImagePattern allowed)
            return (null, Request.Image is ImageName name ? new AllowedImage(name, allowed.Text) : null);
        return (new Decision.Refuse("images", $"the image {Request.Image?.ToString() ?? ImagePattern.Host} is none of those that {(rule.Images is null ? "this site lets containers show" : $"the rule '{rule.Name}' lets its payloads have")}",
                images.IsEmpty ? "An administrator can allow it: images: { allow: [...] }." : $"Ask for one of: {string.Join(", ", images.Select(image => image.Text))} (--image)."), null);
    }

    private static readonly Decision.Refuse NoCredentials = new("lend-credentials",
        "the directory to be lent is or holds the pilot's home or a credential of its, and this site forbids that", "Lend another directory, or use --in and --out.");

    private static Decision.Refuse? NotDetached(Level level, Limits limits) => level == Level.LogOnly
        ? new Decision.Refuse("detach", "at log-only the payload is a child of its client, and ends with it", "Let the client wait for it, or ask for another level.")
        : limits.Wall is null
        ? new Decision.Refuse("detach", "a payload that does not end with its client needs a wall limit, and neither the request nor the policy sets one", "Set one: --limit wall=2h.")
        : null;

    // The roots are the site's; who lends from where is looked at again by the warden, which reads the path from the client itself.
    private bool Lends(Level level, string kind)
        => Request.LendsDirectory && new RoomKey(level, kind).ShowsLentDirectories && Request.WorkingDirectory is ByteString directory
            && Policy.Places.Lend.Any(root => directory.IsBelow(root));

    /// <summary>What would have been decided were there no level log-only: the level that the rule prefers, else the weakest that it accepts, else the usual one.</summary>
    private Decision Would(Rule rule, LevelChoice choice, ImmutableArray<Level> accepted, Decision.Admit logged)
    {
        Level[] isolating = [.. accepted.Where(l => l != Level.LogOnly).Order()];
        Level instead = isolating.Contains(choice.Prefer) ? choice.Prefer
            : isolating.Length > 0 ? isolating[0]
            : Policy.Answers.Switch == IdentitySwitch.No ? Level.Container : Level.Setuid;
        Trail?.Add($"At log-only the pilot runs it itself; without that level it would be {instead.Name()}.");
        return ImageAt(rule, instead).None ?? AtLevel(instead, [instead, .. isolating.Where(l => l > instead && ImageAt(rule, l).None is null)], (level, kind) => logged with { Level = level, RoomKind = kind, AccountRule = AccountRule(rule, level) });
    }

    private Rule? FirstMatch(PilotClass pilot, Identity identity)
    {
        foreach (Rule rule in Policy.Rules)
        {
            if (rule.Match.Fits(pilot, identity))
            {
                Trail?.Add($"The rule '{rule.Name}' is the first that fits.");
                return rule;
            }

            Trail?.Add(rule.Match.NeedsCredential
                ? $"The rule '{rule.Name}' is for identities with a credential; this one has none."
                : $"The rule '{rule.Name}' does not fit.");
        }

        return null;
    }

    private Decision.Unavailable? Unasked() => Policy.AsksOthers
        ? Unavailable(ErrorCauses.AuthorizationUnavailable,
            "authorization by ban files, a grid-mapfile or a central service is configured, and this version cannot ask it",
            "An administrator can remove the section 'authorization' from the policy file.")
        : null;

    private Decision AtLevel(Level wanted, ImmutableArray<Level> accepted, Func<Level, string, Decision> admit)
    {
        Decision.Unavailable? first = null;
        foreach (Level level in accepted.Where(l => l >= wanted).Order())
        {
            (string kind, string cause, string fix) = Probe(level);
            if (kind.Length > 0)
            {
                Trail?.Add($"The level {level.Name()} is ready.");
                return admit(level, kind);
            }

            Trail?.Add($"The level {level.Name()} is not ready: {cause}.");
            first ??= Unavailable(ErrorCauses.LevelNotReady, $"the level {level.Name()} is not ready: {cause}", fix);
            if (!Policy.Levels.Strengthen)
                break;
            Trail?.Add("A stronger accepted level may be taken (when-not-ready: strengthen).");
        }

        return first ?? throw new InvalidOperationException("the wanted level is not among the accepted ones");
    }

    /// <summary>The kind of room to build at a level; or an empty kind, and why it cannot be.</summary>
    private (string Kind, string Cause, string Fix) Probe(Level level)
    {
        if (!Readiness.TryGetValue(level, out Readiness? found))
            return ("", "it was not probed on this host", "Ask again when the service has started.");
        if (found is Readiness.NotReady none)
            return ("", none.Cause.TrimEnd('.'), none.Fix);
        var ready = (Readiness.Ready)found;
        IReadOnlyList<string> kinds = ready.RoomKinds;
        string? kind = level switch
        {
            Level.Setuid => Policy.Levels.SetuidRoom,
            Level.Container => Policy.Levels.Builder,
            _ => kinds.Count > 0 ? kinds[0] : null,
        };
        if (kind is not null && kinds.Contains(kind))
            return (kind, "", "");
        return ("", $"a room of the kind '{kind}' cannot be built here{(ready.Lacking.Length > 0 ? $": {ready.Lacking}" : "")}", level == Level.Setuid && kinds.Contains("classic")
            ? "An administrator can set levels: { setuid: { room: classic } }."
            : $"An administrator can choose another kind under levels: {level.Name()}.");
    }

    private Decision.Unavailable Unavailable(string cause, string what, string fix) => new(what, fix, Policy.PilotMayRun(cause));

    private static string Names(ImmutableArray<Level> levels) => levels.IsEmpty ? "none" : string.Join(", ", levels.Select(l => l.Name()));
}
