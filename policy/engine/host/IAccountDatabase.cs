using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>
/// Looks up single accounts and groups. <see cref="FileAccountDatabase"/> answers from the files; a service that asks the
/// host's name services (LDAP, SSSD) can give another.
/// </summary>
public interface IAccountDatabase
{
    /// <summary>The account of that name.</summary>
    bool TryByName(string name, [NotNullWhen(true)] out HostAccount? account);

    /// <summary>The account of that uid.</summary>
    bool TryByUid(UserId uid, [NotNullWhen(true)] out HostAccount? account);

    /// <summary>The supplementary groups of an account, its primary group not among them, lowest first.</summary>
    ImmutableArray<GroupId> GroupsOf(HostAccount account);

    /// <summary>Every name of that group; more than one where names share a number.</summary>
    ImmutableArray<string> NamesOf(GroupId gid);
}
