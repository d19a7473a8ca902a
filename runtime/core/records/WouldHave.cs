namespace Isolation.Core;

/// <summary>What a payload that is only logged would have had at a level that isolates it.</summary>
public abstract record WouldHave
{
    private WouldHave() { }

    /// <summary>It would have run, like this.</summary>
    /// <param name="Decision">Rule, level, kind of room, entry of accounts, limits.</param>
    /// <param name="Account">The account that was next to be lent.</param>
    /// <param name="Placement">The place that it would have got.</param>
    public sealed record Run(Decision.Admit Decision, Account Account, Placement Placement) : WouldHave;

    /// <summary>It would not have run.</summary>
    /// <param name="Why">Why not.</param>
    /// <param name="Decision">The decision that would have admitted it; null where policy itself would not have.</param>
    public sealed record NotRun(string Why, Decision.Admit? Decision) : WouldHave;

    /// <summary>Puts together what is known.</summary>
    /// <param name="decision">The decision without the level log-only.</param>
    /// <param name="account">What the leases would have answered to it; null where it admits nothing.</param>
    /// <param name="got">The place that the logged payload got: looked for by the same demand, for the same pilot.</param>
    public static WouldHave Of(Decision decision, LeaseResult? account, Placement got)
    {
        if (decision is not Decision.Admit admit)
            return new NotRun(decision is Decision.Unavailable none ? none.Cause : ((Decision.Refuse)decision).Why, null);
        if (account is not LeaseResult.Lent { Lease: Lease lease })
            return new NotRun((account as LeaseResult.Exhausted)?.Cause ?? "no account was asked for", admit);
        // An account of its own has its limit of open files, and cannot leave its leaf.
        Placement place = got with { Holds = got.Holds | PlacementProperties.CgroupProof, NotEnforced = got.NotEnforced & ~LimitKinds.OpenFiles };
        return place.NotEnforced != LimitKinds.None && admit.Placement.Limits == LimitLaw.Enforce
            ? new NotRun($"no place can enforce the limits {string.Join(", ", place.NotEnforced.Names())}", admit)
            : new Run(admit, lease.Account, place);
    }
}
