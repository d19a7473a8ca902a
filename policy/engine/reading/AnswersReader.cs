using System.Collections.Immutable;

namespace Isolation.Policy;

/// <summary>Reads the four questions.</summary>
internal sealed class AnswersReader(ValueReader values, Findings findings)
{
    private static readonly Dictionary<string, MultiUserPilots> Q1 =
        new() { ["no"] = MultiUserPilots.No, ["depends"] = MultiUserPilots.Depends, ["yes"] = MultiUserPilots.Yes };

    private static readonly Dictionary<string, IdentitySwitch> Q2 =
        new() { ["no"] = IdentitySwitch.No, ["allow"] = IdentitySwitch.Allow, ["require"] = IdentitySwitch.Require };

    private static readonly Dictionary<string, LogOnlyMode> Q3 =
        new() { ["no"] = LogOnlyMode.No, ["allow"] = LogOnlyMode.Allow, ["require"] = LogOnlyMode.Require };

    private static readonly Dictionary<string, bool> Q4 = new() { ["refuse"] = false, ["pilot-may-run"] = true };

    /// <summary>The answers (where one is faulty, the strictest stands in: the file is refused anyway), and what Q2 and Q3 make of levels.</summary>
    public (Answers Answers, LevelLaw Law) Read(MapReader root)
    {
        MultiUserPilots? multiUser = Question(root, "multi-user-pilots", Q1, whyFor: [MultiUserPilots.No, MultiUserPilots.Depends]).Answer;
        IdentitySwitch? change = Question(root, "identity-switch", Q2, whyFor: [IdentitySwitch.No]).Answer;

        // 'log-only: no' takes nothing from anybody: the answer that most sites give needs no reason.
        (LogOnlyMode? logOnly, Node? logOnlyAt) = Question(root, "log-only", Q3, whyFor: []);
        if (change == IdentitySwitch.Require && logOnly is LogOnlyMode.Allow or LogOnlyMode.Require)
            findings.Fault(logOnlyAt!, "'log-only' contradicts 'identity-switch: require': a payload that is only logged keeps the pilot's identity",
                "Answer 'log-only: no', or 'identity-switch: allow'.");

        var answers = new Answers(multiUser ?? MultiUserPilots.No, change ?? IdentitySwitch.Require, logOnly ?? LogOnlyMode.No, Errors(root));
        return (answers, new LevelLaw(change, logOnly));
    }

    private (T? Answer, Node? At) Question<T>(MapReader root, string key, Dictionary<string, T> words, T[] whyFor) where T : struct
    {
        Node? asked = root.Required(key, $"Answer it: {string.Join(", ", words.Keys)}; an answer may be {{ answer: …, why: … }}.");
        (Node? node, bool why) = Unwrap(asked);
        T? answer = values.Choice(node, words);
        if (answer is T given && whyFor.Contains(given) && !why)
            findings.Fault(node!, $"the answer '{((Node.Scalar)node!).Value}' needs a reason", $"Write {key}: {{ answer: {((Node.Scalar)node).Value}, why: \"…\" }}.");
        return (answer, node);
    }

    /// <summary>An answer is a value, or a block with the value and the reason for it.</summary>
    private (Node? Answer, bool Why) Unwrap(Node? asked)
    {
        if (asked is not Node.Mapping map || !map.Pairs.Any(p => p.Key is "answer" or "why"))
            return (asked, false);
        MapReader reader = MapReader.Of(asked, findings, "");
        Node? answer = reader.Required("answer", "Write { answer: …, why: … }.");
        Node? why = reader.Optional("why");
        reader.Done();
        return (answer, values.Text(why, "a reason") is not null || why is Node.Broken);
    }

    private InternalErrors Errors(MapReader root)
    {
        (Node? node, _) = Unwrap(root.Required("on-internal-error", "Answer it: refuse, pilot-may-run, or a block with an answer per cause."));
        if (node is not Node.Mapping map)
            return new InternalErrors(values.Choice(node, Q4) ?? false, InternalErrors.Refuse.PilotMayRunOn);

        ImmutableSortedDictionary<string, bool>.Builder perCause = ImmutableSortedDictionary.CreateBuilder<string, bool>();
        MapReader reader = MapReader.Of(map, findings, "");
        bool otherwise = values.Choice(reader.Required("default", "Say what holds for every other cause: default: refuse."), Q4) ?? false;
        foreach (string cause in ErrorCauses.All)
            if (values.Choice(reader.Optional(cause), Q4) is bool may)
                perCause[cause] = may;
        reader.Done();
        return new InternalErrors(otherwise, perCause.ToImmutable());
    }
}
