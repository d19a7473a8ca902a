using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>An account that a payload runs as: uid, gid and exactly these supplementary groups.</summary>
/// <param name="Uid">Never 0.</param>
/// <param name="Gid">Never 0.</param>
/// <param name="Groups">Supplementary groups; empty for an account without a host entry.</param>
/// <param name="Name">The name in the host's account database, or null.</param>
public sealed record Account(UserId Uid, GroupId Gid, ImmutableArray<GroupId> Groups, string? Name);
