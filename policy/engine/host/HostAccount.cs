using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>An entry of the host's account database.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Gid">Its primary group.</param>
public sealed record HostAccount(string Name, UserId Uid, GroupId Gid);

/// <summary>An entry of the host's group database.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Gid">Its number.</param>
/// <param name="Members">The names of the accounts that have it as a supplementary group.</param>
public sealed record HostGroup(string Name, GroupId Gid, ImmutableArray<string> Members);

/// <summary>Ids that something else on this host gives out.</summary>
/// <param name="First">The lowest.</param>
/// <param name="Last">The highest, itself included.</param>
/// <param name="Owner">Who gives them out, for a message: a file and the name in it.</param>
public sealed record TakenIds(uint First, uint Last, string Owner);
