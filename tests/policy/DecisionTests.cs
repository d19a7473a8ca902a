using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: the site's answers decide; what they refuse is refused by name, and nothing weaker is ever chosen silently.</summary>
public sealed class DecisionTests
{
    [Fact]
    public void A_pilot_for_itself_is_admitted_with_a_payload_account()
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.Good);
        Decision.Admit admit = Assert.IsType<Decision.Admit>(snapshot.Decide(Asks.Of(), Asks.Classic));
        Assert.Equal(new Decision.Admit("everybody", Level.Setuid, "classic", new Identity.PilotItself("pilot"), "default", Limits.None, PlacementDemand.Default, snapshot.Epoch),
            admit);
    }

    [Fact]
    public void A_member_of_a_pool_of_pilots_is_a_pilot()
        => Assert.Equal(new Identity.PilotItself("plt002"), Assert.IsType<Decision.Admit>(Asks.Decide(Files.Good, Asks.Of(5002))).Identity);

    [Fact]
    public void A_trusted_claim_is_the_identity()
        => Assert.Equal(new Identity.Claimed("/DC=ch/CN=alice"), Assert.IsType<Decision.Admit>(Asks.Decide(Files.Good,
            Asks.Of(claim: "/DC=ch/CN=alice"))).Identity);

    /// <summary>A change of the good file, the request, and the rule that refuses.</summary>
    public static TheoryData<string, string, uint, string?, string?, string> Refusals => new()
    {
        { "", "", 6001, null, null, "pilots" },
        { "", "", 0, null, null, "pilots" },
        { "    claims: trusted\n", "", 5000, "alice", null, "claims" },
        { "claims: trusted", "claims: refused", 5000, "alice", null, "claims" },
        { "multi-user-pilots: yes", "multi-user-pilots: { answer: no, why: x }", 5000, "alice", null, "multi-user-pilots" },
        { "multi-user-pilots: yes", "multi-user-pilots: { answer: depends, why: x }", 5000, "alice", null, "everybody" },
        { "match: {}", "match: { subject: bob }", 5000, "alice", null, "rules" },
        { "match: {}", "match: { vo: atlas }", 5000, "alice", null, "rules" },
        { "match: {}", "match: { issuer: \"https://i/\" }", 5000, null, null, "rules" },
        { "", "", 5000, null, "vm", "everybody" },
        { "match: {}", "match: {}\n    level: container", 5000, null, "setuid", "everybody" },
        { "match: {}", "match: {}\n    level: { prefer: setuid, accept: [container] }", 5000, null, "vm", "everybody" },
        { "claims: trusted", "levels: [container]", 5000, null, null, "pilots" },

        // a refusal comes before "unavailable": nobody is told to run itself what policy refuses
        { "site: TEST", "site: TEST\nauthorization: { ban: [/b] }", 6001, null, null, "pilots" },
        { "site: TEST", "site: TEST\nauthorization: { ban: [/b] }", 5000, null, "vm", "everybody" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Refused(string old, string changed, uint uid, string? claim, string? level, string rule)
    {
        string text = old.Length == 0 ? Files.Good : Files.With((old, changed));
        Level? asked = LevelNames.TryParse(level, out Level parsed) ? parsed : null;
        Decision.Refuse refuse = Assert.IsType<Decision.Refuse>(Asks.Decide(text, Asks.Of(uid, claim, asked), Asks.Ready(Level.Setuid, "classic")));
        Assert.Equal(rule, refuse.Rule);
        Assert.NotEmpty(refuse.Why);
        Assert.NotEmpty(refuse.Fix);
    }

    [Fact]
    public void With_depends_a_marked_rule_takes_others_and_any_rule_the_pilot_itself()
    {
        string depends = Files.With(("multi-user-pilots: yes", "multi-user-pilots: { answer: depends, why: x }"),
            ("match: {}", "match: { subject: \"/DC=ch/*\" }\n    multi-user: yes\n  - name: rest\n    match: {}"));
        Assert.Equal("everybody", Assert.IsType<Decision.Admit>(Asks.Decide(depends, Asks.Of(claim: "/DC=ch/OU=x/CN=a"))).Rule);
        Assert.Equal("rest", Assert.IsType<Decision.Refuse>(Asks.Decide(depends, Asks.Of(claim: "/DC=org/CN=a"))).Rule);
        Assert.Equal("rest", Assert.IsType<Decision.Admit>(Asks.Decide(depends, Asks.Of())).Rule);
    }

    [Fact]
    public void The_first_rule_that_fits_decides_with_its_account_and_limits()
    {
        string text = Files.With(
            ("match: {}", "match: { pilot: pilot, subject: \"a*e\" }\n    account: own\n    limits: { wall: 1h }\n  - name: rest\n    match: {}"),
            ("  default: {", "  own: { range: 3000000-3000009, per: identity }\n  default: {"));
        var alice = Assert.IsType<Decision.Admit>(Asks.Decide(text, Asks.Of(claim: "alice")));
        var bob = Assert.IsType<Decision.Admit>(Asks.Decide(text, Asks.Of(claim: "bob")));
        Assert.Equal(("everybody", "own", TimeSpan.FromHours(1)), (alice.Rule, alice.AccountRule, alice.Limits.Wall));
        Assert.Equal(("rest", "default", null), (bob.Rule, bob.AccountRule, bob.Limits.Wall));
    }

    /// <summary>A change of the good file, the level asked for, and what is said to be missing.</summary>
    public static TheoryData<string, string, string?, string, string> NotReady => new()
    {
        { "setuid: { room: classic }", "setuid: { room: private }", null, "the level setuid is not ready: a room of the kind 'private' cannot be built here",
            "An administrator can set levels: { setuid: { room: classic } }." },
        { "\n  setuid: { room: classic }", "", null, "the level setuid is not ready: a room of the kind 'private' cannot be built here",
            "An administrator can set levels: { setuid: { room: classic } }." },
        { "default: setuid", "default: vm", null, "the level vm is not ready: no isolator for vm", "Ask for another level." },
        { "accept: [setuid]", "accept: [setuid, container]", "container", "the level container is not ready: no isolator for container",
            "Ask for another level." },
        { "site: TEST", "site: TEST\nauthorization: { grid-mapfile: /g }", null,
            "authorization by ban files, a grid-mapfile or a central service is configured, and this version cannot ask it", "An administrator can remove" },
    };

    [Theory]
    [MemberData(nameof(NotReady))]
    public void Unavailable_with_what_is_missing(string old, string changed, string? level, string cause, string fix)
    {
        Level? asked = LevelNames.TryParse(level, out Level parsed) ? parsed : null;
        var none = Assert.IsType<Decision.Unavailable>(Asks.Decide(Files.With((old, changed)), Asks.Of(level: asked)));
        Assert.Equal(cause, none.Cause);
        Assert.StartsWith(fix, none.Fix, StringComparison.Ordinal);
        Assert.False(none.PilotMayRun);
    }

    [Theory]
    [InlineData("per: payload", null, "rooms")]
    [InlineData("per: identity", null, "default")]
    [InlineData("per: payload", "setuid", "default")]
    public void In_a_container_a_payload_has_an_account_of_its_room_unless_its_identity_keeps_one(string per, string? level, string entry)
    {
        string text = Files.With(("per: payload", per), ("  default: {", "  rooms: { range: 3000000-3000009, ids-per-room: 2 }\n  default: {"), ("accept: [setuid]", "accept: [setuid, container]"),
            ("default: setuid", "default: container"));
        var ready = Asks.Ready(Level.Setuid, "classic").SetItem(Level.Container, new Readiness.Ready(["oci"]));
        Level? asked = LevelNames.TryParse(level, out Level parsed) ? parsed : null;
        Assert.Equal(entry, Assert.IsType<Decision.Admit>(Asks.Decide(text, Asks.Of(level: asked), ready)).AccountRule);
    }

    [Fact]
    public void A_limit_of_the_scratch_is_admitted_and_left_to_the_room()
        => Assert.Equal(Limits.None with { ScratchBytes = 1, ScratchFiles = 2 },
            Assert.IsType<Decision.Admit>(Asks.Decide(Files.Good, Asks.Of(limits: Limits.None with { ScratchBytes = 1, ScratchFiles = 2 }))).Limits);

    [Fact]
    public void Strengthen_takes_the_next_stronger_accepted_level_and_never_a_weaker_one()
    {
        string text = Files.With(("accept: [setuid]", "accept: [setuid, vm, container]\n  when-not-ready: strengthen"));
        var stronger = Asks.Ready(Level.Vm, "qemu").SetItem(Level.Container, new Readiness.Ready(["oci"]));
        Assert.Equal((Level.Container, "oci"), LevelOf(Asks.Decide(text, Asks.Of(), stronger)));
        Assert.Equal((Level.Vm, "qemu"), LevelOf(Asks.Decide(text, Asks.Of(), Asks.Ready(Level.Vm, "qemu"))));
        Assert.IsType<Decision.Unavailable>(Asks.Decide(text, Asks.Of(level: Level.Container), Asks.Classic));
        Assert.IsType<Decision.Unavailable>(Asks.Decide(Files.With(("accept: [setuid]", "accept: [setuid, container]")), Asks.Of(), stronger));
        Assert.IsType<Decision.Unavailable>(Asks.Decide(Files.With(("accept: [setuid]", "accept: [setuid]\n  when-not-ready: strengthen")), Asks.Of(),
            stronger));
    }

    [Theory]
    [InlineData("refuse", false, false)]
    [InlineData("pilot-may-run", true, true)]
    [InlineData("{ level-not-ready: pilot-may-run, default: refuse }", true, false)]
    [InlineData("{ answer: { ledger-unavailable: pilot-may-run, default: refuse }, why: x }", false, true)]
    public void The_fourth_answer_is_given_per_cause(string answer, bool level, bool ledger)
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With(("on-internal-error: refuse", $"on-internal-error: {answer}")));
        Assert.Equal(level, Assert.IsType<Decision.Unavailable>(snapshot.Decide(Asks.Of(), Asks.Ready(Level.Vm))).PilotMayRun);
        Assert.Equal(ledger, snapshot.PilotMayRun("ledger-unavailable"));
    }

    [Fact]
    public void Explaining_gives_the_same_decision_and_why()
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With(("  - name: everybody", "  - name: prod\n    match: { vo: atlas }\n  - name: everybody")));
        Explanation why = snapshot.Explain(Asks.Of(claim: "alice"), Asks.Classic);
        Assert.Equal(snapshot.Decide(Asks.Of(claim: "alice"), Asks.Classic), why.Decision);
        Assert.Equal(
            "Uid 5000 ('pilot') is a pilot of the class 'pilot'.|It names the subject 'alice', and claims of its class are trusted.|"
            + "The rule 'prod' is for identities with a credential; this one has none.|The rule 'everybody' is the first that fits.|"
            + "The policy prefers setuid; accepted here: setuid.|No limit applies.|"
            + "Its place must hold job-limits; wanted: job-accounting, own-limits, cgroup-proof; it may leave behind nothing; "
            + "a limit that it cannot enforce makes the payload unavailable. The place is found when the payload enters.|The level setuid is ready.|"
            + "Admitted by 'everybody' at setuid classic, account from 'default'.",
            string.Join("|", why.Trail));
    }

    [Fact]
    public void The_same_question_gets_the_same_answer_from_any_thread()
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.Good);
        PayloadRequest request = Asks.Of(claim: "alice");
        Decision first = snapshot.Decide(request, Asks.Classic);
        Parallel.For(0, 2000, _ => Assert.Equal(first, snapshot.Decide(request, Asks.Classic)));
        Assert.Equal(first, Files.Snapshot(Files.Good).Decide(request, Asks.Classic));
    }

    [Fact]
    public void A_classs_number_of_payloads_is_told()
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With(("claims: trusted", "max-payloads: 8")));
        Assert.Equal(8, snapshot.MaxPayloads(new UserId(5001)));
        Assert.Null(Files.Snapshot(Files.Good).MaxPayloads(new UserId(5001)));
        Assert.False(snapshot.IsPilot(new UserId(6001)));
    }

    private static (Level Level, string Kind) LevelOf(Decision decision)
    {
        var admit = Assert.IsType<Decision.Admit>(decision);
        return (admit.Level, admit.RoomKind);
    }

    /// <summary>Changes of the good file, the level that is asked for, and what it would have been.</summary>
    public static TheoryData<string, string, string?, string> Logged => new()
    {
        { "log-only: allow", "accept: [setuid, log-only]", "log-only", "setuid" },
        { "log-only: allow", "default: log-only", null, "setuid" },
        { "log-only: require", "default: log-only", null, "setuid" },
        { "log-only: allow", "accept: [container, log-only]\n  default: container", "log-only", "not ready" },
    };

    [Theory]
    [MemberData(nameof(Logged))]
    public void At_log_only_the_decision_says_what_it_would_have_been(string logOnly, string levels, string? asked, string would)
    {
        string text = LogOnly(logOnly, levels);
        Level? level = LevelNames.TryParse(asked, out Level parsed) ? parsed : null;
        Decision.Admit admit = Assert.IsType<Decision.Admit>(Asks.Decide(text, Asks.Of(level: level), Asks.Ready(Level.Setuid, "classic").SetItem(Level.LogOnly, new Readiness.Ready(["forked"]))));
        Assert.Equal((Level.LogOnly, "forked"), (admit.Level, admit.RoomKind));
        if (would == "not ready")
            Assert.Contains("container", Assert.IsType<Decision.Unavailable>(admit.Would).Cause, StringComparison.Ordinal);
        else
            Assert.Equal((Level.Setuid, "classic", "default"), Assert.IsType<Decision.Admit>(admit.Would) is { } instead ? (instead.Level, instead.RoomKind, instead.AccountRule) : default);
    }

    [Fact]
    public void Where_every_payload_is_only_logged_no_other_level_can_be_asked_for()
        => Assert.IsType<Decision.Refuse>(Asks.Decide(LogOnly("log-only: require", "default: log-only"), Asks.Of(level: Level.Setuid)));

    private static string LogOnly(string answer, string levels)
        => Files.With(("log-only: no", answer), ("  default: setuid\n  accept: [setuid]\n", $"  {levels}\n"));
}
