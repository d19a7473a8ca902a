using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Makes the warden's limits from a policy: one source, two readers.</summary>
public abstract record WardenLimits
{
    private WardenLimits() { }

    /// <summary>The limits.</summary>
    public sealed record Made(WardenLimitsFile File) : WardenLimits;

    /// <summary>No limits can be made on this host.</summary>
    /// <param name="Why">What is wrong.</param>
    /// <param name="Fix">What an administrator can do.</param>
    public sealed record NotMade(string Why, string Fix) : WardenLimits;

    /// <summary>The limits that follow from a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="facts">The host as it is now; the policy may have been read earlier.</param>
    /// <param name="serviceUser">The unprivileged user that the front runs as.</param>
    /// <param name="accounts">Finds single accounts; null for the ones in <paramref name="facts"/>.</param>
    public static WardenLimits From(PolicySnapshot policy, HostFacts facts, string serviceUser, IAccountDatabase? accounts = null)
    {
        accounts ??= new FileAccountDatabase(facts);
        if (!accounts.TryByName(serviceUser, out HostAccount? service))
            return new NotMade($"the user '{serviceUser}' is not on this host", $"Make it: useradd --system --no-create-home {serviceUser}.");
        if (service.Uid.IsRoot || service.Gid.Value == 0)
            return new NotMade($"the user '{serviceUser}' has uid or gid 0", "Name an unprivileged user.");

        HashSet<UserId> forbidden = [UserId.Root, service.Uid, .. policy.Pilots.Keys, .. IdChecks.Operators(facts, accounts).Select(o => o.Uid)];
        foreach (AccountEntry entry in policy.Accounts.Values)
            foreach (UserId uid in forbidden)
                if (entry.Source is AccountSource.Rooms rooms ? rooms.Ids.Contains(uid.Value) : entry.Source.IndexOf(uid) >= 0)
                    return new NotMade(string.Create(CultureInfo.InvariantCulture,
                        $"the entry '{entry.Name}' maps to uid {uid}, which is root's, the service's, a pilot's or an operator's"),
                        "Take that uid out of the entry, or its account out of the operators.");

        return new Made(new WardenLimitsFile(
            1,
            new WardenIds(service.Uid.Value, service.Gid.Value),
            [.. policy.Pilots.Keys.Select(p => p.Value).Order()],
            [.. policy.Accounts.Values.Select(e => e.Source).OfType<AccountSource.Pool>().SelectMany(p => p.Members)
                .OrderBy(m => m.Uid.Value).Select(m => new WardenAccount(m.Uid.Value, m.Gid.Value, [.. m.Groups.Select(g => g.Value)]))],
            [.. policy.Accounts.Values.Select(e => e.Source).OfType<AccountSource.Range>()
                .OrderBy(r => r.Ids.First).Select(r => new WardenRange(r.Ids.First, r.Ids.Last))],
            policy.Levels.Private,
            policy.Places.Binds,
            policy.Places.Lend,
            policy.Epoch,
            policy.Answers.LogOnly != LogOnlyMode.No,
            policy.Levels.WarmRooms,
            policy.Accounts.Values.Select(e => e.Source).OfType<AccountSource.Rooms>().Select(r => new WardenRooms(r.Ids.First, r.Ids.Last, (uint)r.PerRoom)).FirstOrDefault(),
            policy.Levels.ContainerNetwork != RoomNetwork.Pilot,
            policy.Levels.ContainerNetwork == RoomNetwork.User,
            policy.Levels.Runtime,
            [.. policy.Rules.Select(rule => rule.Images).OfType<ImmutableArray<ImagePattern>>().SelectMany(images => images).Concat(policy.Places.Images).Select(image => image.Text).Distinct()],
            policy.Levels.ContainersNest,
            policy.Levels.WarmContainers,
            policy.Places.ImageCache));
    }
}
