using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads a policy file: all of it, with every fault told at once. Never throws for what a file can hold.</summary>
public static class PolicyFile
{
    /// <summary>Reads and checks the file's bytes against a host.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="facts">What is known of the host.</param>
    /// <param name="accounts">Finds single accounts; null for the ones in <paramref name="facts"/>.</param>
    public static PolicyCheck Check(ReadOnlySpan<byte> file, HostFacts facts, IAccountDatabase? accounts = null)
    {
        var findings = new Findings();
        Node? root = DocumentText.Read(file, findings) is string text ? YamlTree.Read(text, findings) : null;
        PolicySnapshot? snapshot = root is null ? null : Read(root, Convert.ToHexStringLower(SHA256.HashData(file)), facts,
            accounts ?? new FileAccountDatabase(facts), findings);
        foreach (string unread in facts.Unread)
            findings.Note(new Place(1, 1), "", $"not checked against {unread}");
        return findings.AnyFault || snapshot is null ? new PolicyCheck.Refused(findings.Faults) : new PolicyCheck.Accepted(snapshot, findings.Notes);
    }

    private static PolicySnapshot Read(Node root, string epoch, HostFacts facts, IAccountDatabase accounts, Findings findings)
    {
        var values = new ValueReader(findings);
        MapReader reader = MapReader.Of(root, findings, "Start with 'version: 1'; docs/policy.md and packaging/policy.example.yaml show a whole file.");
        Version(reader, values, findings);
        string site = values.Text(reader.Required("site", "Write the site's name: site: EXAMPLE-T1."), "the site's name") ?? "";

        (Answers answers, LevelLaw law) = new AnswersReader(values, findings).Read(reader);
        var levels = new LevelsReader(law, values, findings);
        var limits = new LimitsReader(values, findings);
        LevelSettings section = levels.Section(reader.Optional("levels"));

        var pilots = new PilotsReader(facts, accounts, levels, limits, values, findings);
        (FrozenDictionary<UserId, PilotAccount> roster, IReadOnlyDictionary<string, PilotClass> classes) =
            pilots.Read(reader.Required("pilots", "Say who may ask: pilots: [{ name: …, account: … }]."));
        var accountsReader = new AccountsReader(facts, accounts, new IdChecks(facts, accounts, roster, findings), values, findings);
        IReadOnlyDictionary<string, AccountEntry?> entries = accountsReader.Read(reader.Optional("accounts"));
        PlacesReader placesReader = new(section.Private.Hidden, values, findings);
        Places places = placesReader.Read(reader);
        ImmutableArray<Rule> rules = new RulesReader(section, answers, classes, entries, levels, limits, node => placesReader.Images(node, places.Lend), values, findings)
            .Read(reader.Required("rules", "Write at least one: rules: [{ name: everybody, match: {} }]."));

        PlacementDemand placement = new PlacementReader(values, findings).Read(reader.Optional("placement"), reader.Optional("limits"));
        bool asksOthers = new AuthorizationReader(values, findings).Read(reader.Find("authorization"));
        reader.Done();
        if (accountsReader.OfRooms is null && rules.Select(r => r.Levels).Append(section.Choice).Any(choice => choice?.Accept.Contains(Level.Container) == true))
            findings.Note(reader.Find("accounts")?.KeyAt ?? new Place(1, 1), "accounts",
                "the level container is accepted, and is not ready before ids are set aside for it: rooms: { range: FIRST-LAST, ids-per-room: 2 }");

        return new PolicySnapshot(epoch, site, answers, section, roster, rules, placement, places, asksOthers,
            entries.Values.Append(accountsReader.OfRooms).OfType<AccountEntry>().ToFrozenDictionary(e => e.Name));
    }

    private static void Version(MapReader reader, ValueReader values, Findings findings)
    {
        Node? node = reader.Required("version", "Write version: 1.");
        if (values.Text(node, "a version") is string version && version != "1")
            findings.Fault(node!, $"unknown version {Findings.Quote(version)}", "This program reads version 1: write version: 1.");
    }
}
