namespace Isolation.Core;

/// <summary>The answer of policy to one request.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>The payload may run, like this.</summary>
    /// <param name="Rule">The name of the rule that decided.</param>
    /// <param name="Level">The level that policy and readiness settled on.</param>
    /// <param name="RoomKind">The kind of room at that level, for setuid <c>classic</c> or <c>private</c>.</param>
    /// <param name="Identity">Whom it runs for.</param>
    /// <param name="AccountRule">The name of the entry under <c>accounts:</c> that its account is leased from.</param>
    /// <param name="Limits">The limits in force: the rule's, tightened by the request's.</param>
    /// <param name="Placement">What must hold of its place among the cgroups.</param>
    /// <param name="PolicyEpoch">The digest of the policy file that decided.</param>
    public sealed record Admit(
        string Rule, Level Level, string RoomKind, Identity Identity, string AccountRule, Limits Limits, PlacementDemand Placement, string PolicyEpoch) : Decision
    {
        /// <summary>At the level log-only: the decision that the same request would have got were there no such level. Null at any other level.</summary>
        public Decision? Would { get; init; }

        /// <summary>The image that its room shows; null for the host's tree.</summary>
        public AllowedImage? Image { get; init; }

        /// <summary>The client is to lend the working directory that it asks for.</summary>
        public bool Lends { get; init; }
    }

    /// <summary>The payload may not run.</summary>
    /// <param name="Rule">What forbids it: a rule's name, or the policy question that does.</param>
    /// <param name="Why">The reason, one sentence.</param>
    /// <param name="Fix">What would have to change, and who can change it.</param>
    public sealed record Refuse(string Rule, string Why, string Fix) : Decision;

    /// <summary>Nobody can say, or the level asked for is not ready on this host.</summary>
    /// <param name="Cause">What is missing.</param>
    /// <param name="Fix">What would mend it.</param>
    /// <param name="PilotMayRun">The site's answer to the fourth question of the WLCG questionnaire.</param>
    public sealed record Unavailable(string Cause, string Fix, bool PilotMayRun) : Decision;
}
