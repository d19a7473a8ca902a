using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>The account database as /etc/passwd and /etc/group have it.</summary>
public sealed class FileAccountDatabase(HostFacts facts) : IAccountDatabase
{
    // As in the C library, the first of two entries with one name or one uid counts.
    private readonly FrozenDictionary<string, HostAccount> _byName = facts.Accounts.DistinctBy(a => a.Name).ToFrozenDictionary(a => a.Name);
    private readonly FrozenDictionary<UserId, HostAccount> _byUid = facts.Accounts.DistinctBy(a => a.Uid).ToFrozenDictionary(a => a.Uid);
    private readonly ILookup<string, GroupId> _groups = facts.Groups.SelectMany(g => g.Members.Select(m => (Member: m, g.Gid))).ToLookup(x => x.Member, x => x.Gid);
    private readonly ILookup<GroupId, string> _groupNames = facts.Groups.ToLookup(g => g.Gid, g => g.Name);

    /// <inheritdoc/>
    public bool TryByName(string name, [NotNullWhen(true)] out HostAccount? account) => _byName.TryGetValue(name, out account);

    /// <inheritdoc/>
    public bool TryByUid(UserId uid, [NotNullWhen(true)] out HostAccount? account) => _byUid.TryGetValue(uid, out account);

    /// <inheritdoc/>
    public ImmutableArray<GroupId> GroupsOf(HostAccount account)
        => [.. _groups[account.Name].Where(g => g != account.Gid).Distinct().OrderBy(g => g.Value)];

    /// <inheritdoc/>
    public ImmutableArray<string> NamesOf(GroupId gid) => [.. _groupNames[gid]];
}
