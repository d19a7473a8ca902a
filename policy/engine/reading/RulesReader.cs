using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads the section <c>rules</c>, with what the rules name elsewhere in the file at hand.</summary>
internal sealed class RulesReader(
    LevelSettings section, Answers answers, IReadOnlyDictionary<string, PilotClass> classes, IReadOnlyDictionary<string, AccountEntry?> entries,
    LevelsReader levels, LimitsReader limits, Func<Node?, ImmutableArray<ImagePattern>?> images, ValueReader values, Findings findings)
{
    private const string DefaultEntry = "default";

    private static readonly Dictionary<string, bool> YesNo = new() { ["no"] = false, ["yes"] = true };

    public ImmutableArray<Rule> Read(Node? node)
    {
        List<Rule> rules = [];
        HashSet<string> names = [];
        string? everybody = null;
        foreach (Node item in values.SomeItems(node, "rules"))
        {
            if (ReadRule(item, names) is not Rule rule)
                continue;
            if (everybody is not null)
                findings.Note(item, $"the rule never decides: '{everybody}' before it is for everybody");
            else if (rule.Match.IsEverybody)
                everybody = rule.Name;
            rules.Add(rule);
        }

        return [.. rules];
    }

    private Rule? ReadRule(Node item, HashSet<string> names)
    {
        MapReader reader = MapReader.Of(item, findings, "Write - name: … and match: { … }.");
        Node? nameNode = reader.Required("name", "Name the rule: the record of a payload says which rule decided.");
        string? name = values.Name(nameNode);
        if (name is not null && !names.Add(name))
            findings.Fault(nameNode!, $"two rules are called '{name}'", "Give each rule a name of its own.");
        RuleMatch match = Match(reader.Required("match", "Say whom it is for; match: {} is for everybody."));
        LevelChoice? level = levels.OfRule(reader.Optional("level"));
        Node? accountNode = reader.Optional("account");
        string account = Account(accountNode, item, (level ?? section.Choice).Accept);
        Limits own = limits.Read(reader.Optional("limits"));
        bool multiUser = MultiUser(reader.Optional("multi-user"));
        ImmutableArray<ImagePattern>? allowed = images(reader.Optional("images"));
        reader.Done();
        PilotLevels(item, match, level ?? section.Choice);
        return reader.Exists ? new Rule(name ?? "", match, level, account, own, multiUser, allowed) : null;
    }

    private RuleMatch Match(Node? node)
    {
        MapReader reader = MapReader.Of(node, findings, "Write match: {} for everybody, or match: { pilot: CLASS, subject: \"PATTERN\" }.");
        Node? pilotNode = reader.Optional("pilot");
        string? pilot = values.Text(pilotNode, "a class of pilots");
        if (pilot is not null && !classes.ContainsKey(pilot))
            findings.Fault(pilotNode!, $"unknown class of pilots {Findings.Quote(pilot)}", NearestName.Suggest(pilot, [.. classes.Keys]));
        string? subject = values.Text(reader.Optional("subject"), "a pattern");
        Node? fqanNode = reader.Optional("fqan");
        string? fqan = values.Text(fqanNode, "a pattern of an FQAN");
        if (fqan is not null && fqan[0] is not ('/' or '*'))
            findings.Fault(fqanNode!, $"{Findings.Quote(fqan)} matches no FQAN: each begins with '/'", "Write for example /atlas/Role=production*.");
        string? vo = values.Text(reader.Optional("vo"), "a VO");
        string? issuer = values.Text(reader.Optional("issuer"), "an issuer");
        reader.Done();

        bool needsCredential = vo is not null || fqan is not null || issuer is not null;
        if (needsCredential)
            findings.Note(node!, "vo, fqan and issuer match identities with a credential; none exist in this version, so that the rule never decides");
        return new RuleMatch(pilot, subject is null ? null : new Glob(subject), needsCredential);
    }

    private string Account(Node? node, Node rule, ImmutableArray<Level> accepted)
    {
        string name = values.Text(node, "an entry under 'accounts'") ?? DefaultEntry;
        bool needsOne = node is not null || accepted.Any(l => l != Level.LogOnly);
        if (needsOne && !entries.ContainsKey(name))
            findings.Fault(node ?? rule,
                name == AccountsReader.RoomsKey ? "the entry 'rooms' is for rooms, no payload runs as its ids"
                    : node is null ? "the rule names no account, and there is no entry 'default' under 'accounts'"
                    : $"there is no entry {Findings.Quote(name)} under 'accounts'",
                node is null ? "Add accounts: { default: … }, or name another entry with 'account:'." : NearestName.Suggest(name, [.. entries.Keys]));
        return name;
    }

    private bool MultiUser(Node? node)
    {
        bool? mark = values.Choice(node, YesNo);
        if (mark is bool marked && marked != (answers.MultiUser == MultiUserPilots.Yes) && answers.MultiUser != MultiUserPilots.Depends)
            findings.Fault(node!, $"'multi-user: {(marked ? "yes" : "no")}' contradicts the first question, which says '{(marked ? "no" : "yes")}' for all",
                "Remove it here, or answer multi-user-pilots: { answer: depends, why: … }.");
        return mark ?? false;
    }

    private void PilotLevels(Node rule, RuleMatch match, LevelChoice choice)
    {
        if (match.PilotClass is string name && classes.TryGetValue(name, out PilotClass? pilots)
            && pilots.Levels is { Length: > 0 } allowed && !choice.Accept.Any(l => allowed.Contains(l)))
            findings.Fault(rule,
                $"the rule takes {Names(choice.Accept)}, its class '{name}' allows {Names(allowed)} only",
                "Let the two share a level.");
    }

    private static string Names(IEnumerable<Level> levels) => string.Join(", ", levels.Select(l => l.Name()));
}
