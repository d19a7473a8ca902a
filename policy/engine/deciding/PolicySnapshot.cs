using System.Collections.Frozen;
using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>One policy file that passed every check, on one host. Immutable; a reload makes another one.</summary>
public sealed class PolicySnapshot : IPolicy
{
    internal PolicySnapshot(
        string epoch, string site, Answers answers, LevelSettings levels, FrozenDictionary<UserId, PilotAccount> pilots,
        ImmutableArray<Rule> rules, PlacementDemand placement, Places places, bool asksOthers, FrozenDictionary<string, AccountEntry> accounts)
    {
        (Epoch, Site, Answers, Levels, Pilots) = (epoch, site, answers, levels, pilots);
        (Rules, Placement, Places, AsksOthers, Accounts) = (rules, placement, places, asksOthers, accounts);
    }

    /// <summary>SHA-256 of the file's bytes, lower-case hexadecimal.</summary>
    public string Epoch { get; }

    /// <summary>The site's name.</summary>
    public string Site { get; }

    internal Answers Answers { get; }

    internal LevelSettings Levels { get; }

    internal FrozenDictionary<UserId, PilotAccount> Pilots { get; }

    internal ImmutableArray<Rule> Rules { get; }

    /// <summary>What must hold of each payload's place.</summary>
    internal PlacementDemand Placement { get; }

    /// <summary>What of the host payloads are shown.</summary>
    public Places Places { get; }

    /// <summary>The site wants ban files, a grid-mapfile or a central service asked.</summary>
    internal bool AsksOthers { get; }

    internal FrozenDictionary<string, AccountEntry> Accounts { get; }

    /// <inheritdoc/>
    public Decision Decide(PayloadRequest request, IReadOnlyDictionary<Level, Readiness> readiness)
        => new DecisionPath(this, request, readiness, Trail: null).Decide();

    /// <summary>The same decision, and why.</summary>
    public Explanation Explain(PayloadRequest request, IReadOnlyDictionary<Level, Readiness> readiness)
    {
        List<string> trail = [];
        Decision decision = new DecisionPath(this, request, readiness, trail).Decide();
        return new Explanation(decision, [.. trail]);
    }

    /// <inheritdoc/>
    public bool PilotMayRun(string cause) => Answers.Errors.PilotMayRun(cause);

    /// <summary>True for an account that may ask at all.</summary>
    public bool IsPilot(UserId uid) => Pilots.ContainsKey(uid);

    /// <summary>How many payloads an account may have running at a time (<c>max-payloads</c> of its class), or null for no such limit.</summary>
    public int? MaxPayloads(UserId pilot) => Pilots.TryGetValue(pilot, out PilotAccount? account) ? account.Class.MaxPayloads : null;
}
