using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>
/// Judges the ids that payloads would run with: never a system's, a pilot's, an operator's, or those of a group that is as good
/// as root, and never ids that something else on this host gives out. Claims are compared with each other in the order of the file.
/// </summary>
internal sealed class IdChecks(HostFacts facts, IAccountDatabase accounts, IReadOnlyDictionary<UserId, PilotAccount> pilots, Findings findings)
{
    /// <summary>The lowest id of ordinary users (login.defs(5), UID_MIN) on every distribution supported.</summary>
    internal const uint LowestOrdinary = 1000;

    /// <summary>Groups whose members own the host, its disks, its logs or its secrets, or operate this service.</summary>
    internal static readonly ImmutableArray<string> PrivilegedGroups =
    [
        "root", "sudo", "wheel", "adm", "admin", "disk", "kmem", "shadow", "docker", "podman", "kvm", "libvirt", "libvirt-qemu", "lxd", "incus", "incus-admin",
        "systemd-journal", "isolation", HostFacts.OperatorsGroup,
    ];

    private static readonly TakenIds[] Reserved =
    [
        new(61184, 65519, "systemd gives these to services with DynamicUser="),
        new(65534, 65535, "these stand for 'nobody' and for 'no id'"),
        new(uint.MaxValue - 1, uint.MaxValue, "these stand for 'nobody' and for 'no id'"),
    ];

    private readonly Dictionary<UserId, HostAccount> _operators = Operators(facts, accounts).DistinctBy(a => a.Uid).ToDictionary(a => a.Uid);

    private readonly List<(string Entry, IdSpan Ids)> _spans = [];
    private readonly Dictionary<UserId, string> _members = [];

    /// <summary>The operators: members of the group, also those that have it as their primary one.</summary>
    public static IEnumerable<HostAccount> Operators(HostFacts facts, IAccountDatabase accounts)
    {
        foreach (HostGroup group in facts.Groups.Where(g => g.Name == HostFacts.OperatorsGroup))
        {
            foreach (string member in group.Members)
                if (accounts.TryByName(member, out HostAccount? account))
                    yield return account;
            foreach (HostAccount account in facts.Accounts.Where(a => a.Gid == group.Gid))
                yield return account;
        }
    }

    /// <summary>An entry claims a range of uids, and of gids of the same numbers.</summary>
    public void Claim(Node node, string entry, IdSpan ids)
    {
        const string Elsewhere = "Choose a range that nothing else on this host uses.";
        if (ids.First < LowestOrdinary)
            findings.Fault(node, ids.First == 0 ? "the range maps to uid and gid 0" : $"the range maps to uids and gids below {LowestOrdinary}, which are the system's", Elsewhere);
        foreach (TakenIds reserved in Reserved.Where(r => ids.Overlaps(r.First, r.Last)))
            findings.Fault(node, $"the range overlaps {Text(reserved)}: {reserved.Owner}", Elsewhere);

        HostAccount[] pilotsInside = [.. pilots.Values.Select(p => p.Account).Where(a => ids.Contains(a.Uid.Value))];
        Inside(node, "accounts of pilots", pilotsInside.Select(Name), "Choose another range: a payload never runs as a pilot.");
        HostAccount[] operatorsInside = [.. _operators.Values.Where(a => ids.Contains(a.Uid.Value))];
        Inside(node, "accounts of operators", operatorsInside.Select(Name), "Choose another range: a payload never runs as an operator.");
        Inside(node, "accounts of this host", facts.Accounts.Where(a => ids.Contains(a.Uid.Value)).Except(pilotsInside).Except(operatorsInside).Select(Name), Elsewhere);
        Inside(node, "groups of this host", facts.Groups.Where(g => ids.Contains(g.Gid.Value)).Select(g => $"{g.Name} ({g.Gid})"), Elsewhere);
        Inside(node, "primary groups of accounts", facts.Accounts.Where(a => ids.Contains(a.Gid.Value) && accounts.NamesOf(a.Gid).IsEmpty).Select(a => $"{a.Name}'s ({a.Gid})"), Elsewhere);

        foreach (TakenIds taken in facts.SubordinateIds.Where(t => ids.Overlaps(t.First, t.Last)))
            findings.Fault(node, $"the range overlaps the subordinate ids {Text(taken)} ({taken.Owner})", Elsewhere);
        foreach (TakenIds taken in facts.SssdIds.Where(t => ids.Overlaps(t.First, t.Last)))
            findings.Fault(node, $"the range overlaps {Text(taken)}, in which SSSD computes ids ({taken.Owner})", "Choose a range outside, or narrow ldap_idmap_range_min and ldap_idmap_range_max there.");
        foreach ((string other, IdSpan span) in _spans.Where(s => ids.Overlaps(s.Ids.First, s.Ids.Last)))
            findings.Fault(node, $"the range overlaps {span} of the entry '{other}'", "Give each entry ids of its own.");
        _spans.Add((entry, ids));
    }

    /// <summary>An entry claims accounts of this host.</summary>
    public void Claim(Node node, string entry, IReadOnlyList<HostAccount> members)
    {
        Inside(node, $"accounts with a uid below {LowestOrdinary}", members.Where(m => m.Uid.Value < LowestOrdinary).Select(Name), "Give pool accounts ordinary uids.");
        Inside(node, "accounts of pilots", members.Where(m => pilots.ContainsKey(m.Uid)).Select(Name), "Choose another pool: a payload never runs as a pilot.");
        Inside(node, "accounts of operators", members.Where(m => _operators.ContainsKey(m.Uid)).Select(Name), $"Take them out of the group {HostFacts.OperatorsGroup}.");
        Inside(node, "accounts in privileged groups", Members(members, (gid, name) => PrivilegedGroups.Contains(name)), "Take the accounts out of these groups.");
        Inside(node, $"accounts in groups below {LowestOrdinary}", Members(members, (gid, name) => gid.Value < LowestOrdinary && !PrivilegedGroups.Contains(name)),
            "Give pool accounts ordinary groups: those below are the system's.");
        Inside(node, "accounts of another entry", members.Where(m => _members.ContainsKey(m.Uid)).Select(m => $"{m.Name} (in '{_members[m.Uid]}')"), "Give each entry accounts of its own.");
        foreach (HostAccount member in members)
            _members.TryAdd(member.Uid, entry);
    }

    private IEnumerable<string> Members(IReadOnlyList<HostAccount> members, Func<GroupId, string, bool> isBad)
        => from member in members
           from gid in accounts.GroupsOf(member).Insert(0, member.Gid)
           let names = accounts.NamesOf(gid)
           from name in names.IsEmpty ? [""] : names
           where isBad(gid, name)
           select $"{member.Name} in {(name.Length == 0 ? gid.ToString() : name)}";

    private void Inside(Node node, string what, IEnumerable<string> found, string fix)
    {
        string[] all = [.. found];
        if (all.Length > 0)
            findings.Fault(node, $"it maps to {what}: {Findings.Some(all)}", fix);
    }

    private static string Name(HostAccount account) => $"{account.Name} ({account.Uid})";

    private static string Text(TakenIds taken) => string.Create(CultureInfo.InvariantCulture, $"{taken.First}-{taken.Last}");
}
