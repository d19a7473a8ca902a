using System.Collections.Immutable;

namespace Isolation.Policy;

/// <summary>
/// What a policy file is checked against: the accounts, groups and id ranges of this host, read once. A check with the same
/// facts and the same bytes gives the same answer.
/// </summary>
/// <param name="Accounts">The entries of /etc/passwd.</param>
/// <param name="Groups">The entries of /etc/group.</param>
/// <param name="SubordinateIds">The ranges of /etc/subuid and /etc/subgid: users may map them into user namespaces of theirs.</param>
/// <param name="SssdIds">The ranges that SSSD computes ids in (ldap_idmap_range_min and _max of its domains with id mapping).</param>
/// <param name="Unread">What could not be read, each with the reason; the checks that need it were not made.</param>
public sealed partial record HostFacts(
    ImmutableArray<HostAccount> Accounts,
    ImmutableArray<HostGroup> Groups,
    ImmutableArray<TakenIds> SubordinateIds,
    ImmutableArray<TakenIds> SssdIds,
    ImmutableArray<string> Unread)
{
    /// <summary>The group whose members may operate the service.</summary>
    public const string OperatorsGroup = "isolation-operators";

    /// <summary>A host without accounts.</summary>
    public static readonly HostFacts Empty = new([], [], [], [], []);
}
