using System.Collections.Frozen;
using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads the section <c>pilots</c> and finds the accounts of each class on this host.</summary>
internal sealed class PilotsReader(
    HostFacts facts, IAccountDatabase accounts, LevelsReader levels, LimitsReader limits, ValueReader values, Findings findings)
{
    private static readonly Dictionary<string, bool> Claims = new() { ["refused"] = false, ["trusted"] = true };

    private readonly Dictionary<UserId, PilotAccount> _roster = [];
    private readonly Dictionary<string, PilotClass> _classes = new(StringComparer.Ordinal);

    /// <summary>Who may ask, by uid, and every class.</summary>
    public (FrozenDictionary<UserId, PilotAccount> Roster, IReadOnlyDictionary<string, PilotClass> Classes) Read(Node? node)
    {
        foreach (Node item in values.SomeItems(node, "classes of pilots"))
            ReadClass(item);
        return (_roster.ToFrozenDictionary(), _classes);
    }

    private void ReadClass(Node item)
    {
        MapReader reader = MapReader.Of(item, findings, "Write - name: … and account: […].");
        Node? nameNode = reader.Required("name", "Name the class.");
        string? name = values.Name(nameNode);
        Node? accountNode = reader.Required("account", PoolNames.Fix);
        bool trusted = values.Choice(reader.Optional("claims"), Claims) ?? false;
        Node? levelsNode = reader.Optional("levels");
        ImmutableArray<Level>? allowed = levelsNode is null ? null : levels.Accepted(levelsNode);
        Limits own = limits.Read(reader.Optional("limits"));
        long? most = values.Count(reader.Optional("max-payloads"), 1_000_000);
        reader.Done();
        if (!reader.Exists)
            return;

        var pilots = new PilotClass(name ?? "", trusted, allowed, own, (int?)most);
        if (name is not null && !_classes.TryAdd(name, pilots))
            findings.Fault(nameNode!, $"two classes are called '{name}'", "Give each class a name of its own.");
        ImmutableArray<Node> accountNodes = accountNode is Node.Sequence ? values.SomeItems(accountNode, "accounts") : accountNode is null ? [] : [accountNode];
        values.Distinct(accountNodes, node => Enrol(node, pilots));
    }

    private string? Enrol(Node node, PilotClass pilots)
    {
        if (values.Text(node, "an account") is not string text)
            return null;
        bool pool = PoolNames.IsPool(text);
        if (!pool && !PoolNames.IsAccountName(text))
        {
            findings.Fault(node, $"{Findings.Quote(text)} is neither the name of an account nor a pool", PoolNames.Fix);
            return null;
        }

        HostAccount[] found = pool ? [.. PoolNames.Members(text, facts)] : accounts.TryByName(text, out HostAccount? one) ? [one] : [];
        if (found.Length == 0)
            findings.Note(node, pool
                ? $"no account of the pool '{text}' is on this host: nobody asks as one until they are made and the policy is read again"
                : $"the account '{text}' is not on this host: nobody asks as it until it is made and the policy is read again");
        if (found.FirstOrDefault(a => a.Uid.IsRoot) is HostAccount root)
            findings.Fault(node, $"the account '{root.Name}' has uid 0: root is no pilot", "Name the unprivileged account that pilot jobs run as.");
        string[] elsewhere = [.. found.Where(a => !_roster.TryAdd(a.Uid, new PilotAccount(a, pilots)) && !ReferenceEquals(_roster[a.Uid].Class, pilots))
            .Select(a => $"{a.Name} (in '{_roster[a.Uid].Class.Name}')")];
        if (elsewhere.Length > 0)
            findings.Fault(node, $"it holds accounts of another class: {Findings.Some(elsewhere)}", "Keep each account in one class.");
        return text;
    }
}
