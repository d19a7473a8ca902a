namespace Isolation.Policy.Tests;

/// <summary>Promise: every fault is told with its line, column, path and fix, and all of a file's at once.</summary>
public sealed class FaultTests
{
    /// <summary>What is written in place of what in the good file; where the one fault is; and how its text begins.</summary>
    public static TheoryData<string, string, int, int, string, string> Single => new()
    {
        // the document
        { "site: TEST", "site: [TEST", 2, 7, "", "this is not YAML" },
        { "site: TEST", "site: &a TEST", 2, 7, "site", "an anchor (&name) stands here" },
        { "site: TEST", "site: !x TEST", 2, 7, "site", "a tag (!name) stands here" },
        { "site: TEST", "site: TEST\nsite: T", 3, 1, "site", "the key 'site' is there twice, first on line 2" },
        { "site: TEST", "site: TEST\n? [a]\n: b", 3, 3, "", "a key is not a name" },
        { "site: TEST", "site: \"a\\x07\"", 2, 7, "site", "the value holds the character U+0007" },
        { "site: TEST", "site: TE\0ST", 2, 9, "", "the character U+0000 cannot be in a policy file" },
        { "site: TEST", "site: TE\u2028ST", 2, 9, "", "the character U+2028 cannot be in a policy file" },
        { "site: TEST", "site: TE\u202eST", 2, 9, "", "the character U+202E cannot be in a policy file" },
        { "default: { range: 2000000-2000009, per: payload }", "default: { range: 2000000-2000009, per: payload }\n---\nversion: 1", 20, 1, "", "a second document begins here" },
        { "site: TEST", "site: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", 2, 22, "site[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]", "nested more than 16 levels deep" },

        // keys and types
        { "site: TEST\n", "", 1, 1, "", "the key 'site' is missing" },
        { "site: TEST", "site:", 2, 1, "site", "expected the site's name, found nothing" },
        { "site: TEST", "site: [a]", 2, 7, "site", "expected the site's name, found a list" },
        { "site: TEST", "site: TEST\nlevel: x", 3, 1, "level", "unknown key 'level'" },
        { "    claims: trusted", "    claim: trusted", 6, 5, "pilots[0].claim", "unknown key 'claim'" },
        { "claims: trusted", "claims: yes", 6, 13, "pilots[0].claims", "'yes' is none of: refused, trusted" },
        { "version: 1", "version: 2", 1, 10, "version", "unknown version '2'" },
        { "setuid: { room: classic }", "setuid: classic", 14, 11, "levels.setuid", "expected a block of keys, found the value 'classic'" },
        { "accept: [setuid]", "accept: setuid", 13, 11, "levels.accept", "expected a list of levels, found the value 'setuid'" },
        { "accept: [setuid]", "accept: []", 13, 11, "levels.accept", "the list is empty" },
        { "accept: [setuid]", "accept: [setuid, setuid]", 13, 20, "levels.accept[1]", "'setuid' is in the list twice" },

        // pilots
        { "name: pilot", "name: 'the pilot'", 4, 11, "pilots[0].name", "'the pilot' is not a usable name" },
        { "account: [pilot, .plt]", "account: [pilot, root]", 5, 22, "pilots[0].account[1]", "the account 'root' has uid 0" },
        { "account: [pilot, .plt]", "account: [pilot, a b]", 5, 22, "pilots[0].account[1]", "'a b' is neither the name of an account nor a pool" },
        { "account: [pilot, .plt]", "account: []", 5, 14, "pilots[0].account", "the list is empty" },
        { "    claims: trusted", "    claims: trusted\n  - { name: pilot, account: other }", 7, 13, "pilots[1].name", "two classes are called 'pilot'" },
        { "    claims: trusted", "    claims: trusted\n  - { name: p2, account: .plt }", 7, 26, "pilots[1].account", "it holds accounts of another class: plt001 (in 'pilot'), plt002 (in 'pilot')" },
        { "    claims: trusted", "    max-payloads: 0", 6, 19, "pilots[0].max-payloads", "expected a whole number from 1 to 1000000" },

        // the questions
        { "multi-user-pilots: yes", "multi-user-pilots: maybe", 7, 20, "multi-user-pilots", "'maybe' is none of: no, depends, yes" },
        { "multi-user-pilots: yes", "multi-user-pilots: no", 7, 20, "multi-user-pilots", "the answer 'no' needs a reason" },
        { "multi-user-pilots: yes", "multi-user-pilots: depends", 7, 20, "multi-user-pilots", "the answer 'depends' needs a reason" },
        { "multi-user-pilots: yes", "multi-user-pilots: { answer: depends }", 7, 30, "multi-user-pilots.answer", "the answer 'depends' needs a reason" },
        { "multi-user-pilots: yes", "multi-user-pilots: { why: because }", 7, 20, "multi-user-pilots", "the key 'answer' is missing" },
        { "multi-user-pilots: yes", "multi-user-pilots: { answer: yes, whi: x }", 7, 35, "multi-user-pilots.whi", "unknown key 'whi'" },
        { "identity-switch: allow\n", "", 1, 1, "", "the key 'identity-switch' is missing" },
        { "on-internal-error: refuse", "on-internal-error: { ledger-down: refuse, default: refuse }", 10, 22, "on-internal-error.ledger-down", "unknown key 'ledger-down'" },
        { "on-internal-error: refuse", "on-internal-error: { ledger-unavailable: refuse }", 10, 20, "on-internal-error", "the key 'default' is missing" },

        // levels, and what contradicts the questions
        { "default: setuid", "default: setuids", 12, 12, "levels.default", "unknown level 'setuids'" },
        { "accept: [setuid]", "accept: [setuid, log-only]", 13, 20, "levels.accept[1]", "the level log-only contradicts 'log-only: no'" },
        { "match: {}", "match: {}\n    level: { prefer: setuid, accept: [log-only] }", 18, 39, "rules[0].level.accept[0]", "the level log-only contradicts 'log-only: no'" },
        { "claims: trusted", "levels: [log-only]", 6, 14, "pilots[0].levels[0]", "the level log-only contradicts 'log-only: no'" },
        { "match: {}", "match: {}\n    level: { accept: [setuid] }", 18, 12, "rules[0].level", "the key 'prefer' is missing" },
        { "setuid: { room: classic }", "when-not-ready: weaken", 14, 19, "levels.when-not-ready", "'weaken' is none of: refuse, strengthen" },
        { "setuid: { room: classic }", "setuid: { room: classic, writable: [tmp] }", 14, 39, "levels.setuid.writable[0]", "'tmp' is not a plain absolute path" },

        // rules
        { "name: everybody", "name: ''", 16, 11, "rules[0].name", "expected a name, found nothing" },
        { "    match: {}", "    account: default", 16, 5, "rules[0]", "the key 'match' is missing" },
        { "match: {}", "match: { pilot: pilots }", 17, 21, "rules[0].match.pilot", "unknown class of pilots 'pilots'" },
        { "match: {}", "match: { fqan: atlas/x }", 17, 20, "rules[0].match.fqan", "'atlas/x' matches no FQAN" },
        { "match: {}", "match: {}\n    account: atlas", 18, 14, "rules[0].account", "there is no entry 'atlas' under 'accounts'" },
        { "default: { range", "other: { range", 16, 5, "rules[0]", "the rule names no account, and there is no entry 'default'" },
        { "match: {}", "match: {}\n    limits: { wall: 24 }", 18, 21, "rules[0].limits.wall", "'24' is not a time" },
        { "match: {}", "match: {}\n    limits: { wall: 0h }", 18, 21, "rules[0].limits.wall", "'0h' is not a time" },
        { "match: {}", "match: {}\n    limits: { wall: 99999999999h }", 18, 21, "rules[0].limits.wall", "'99999999999h' is not a time" },
        { "match: {}", "match: {}\n    limits: { memory: 4GB }", 18, 23, "rules[0].limits.memory", "'4GB' is not a size" },
        { "match: {}", "match: {}\n    limits: { pids: -1 }", 18, 21, "rules[0].limits.pids", "expected a whole number from 1 to 4194304, found the value '-1'" },
        { "match: {}", "match: {}\n    limits: { wall: 367d }", 18, 21, "rules[0].limits.wall", "'367d' is not a time" },
        { "match: {}", "match: {}\n    limits: { memory: 0GiB }", 18, 23, "rules[0].limits.memory", "'0GiB' is not a size" },
        { "match: {}", "match: {}\n    limits: { memory: 0 }", 18, 23, "rules[0].limits.memory", "'0' is not a size" },
        { "match: {}", "match: {}\n    limits: { memory: 1023KiB }", 18, 23, "rules[0].limits.memory", "in 1023KiB of memory no program starts" },
        { "match: {}", "match: {}\n    limits: { memory: 1048577TiB }", 18, 23, "rules[0].limits.memory", "'1048577TiB' is not a size" },
        { "match: {}", "match: {}\n    limits: { memory: 99999999999999999999KiB }", 18, 23, "rules[0].limits.memory", "'99999999999999999999KiB' is not a size" },
        { "match: {}", "match: {}\n    limits: { swap: none }", 18, 21, "rules[0].limits.swap", "'none' is not a size" },
        { "match: {}", "match: {}\n    limits: { swap: -1 }", 18, 21, "rules[0].limits.swap", "'-1' is not a size" },
        { "match: {}", "match: {}\n    limits: { swap: 0MiB }", 18, 21, "rules[0].limits.swap", "'0MiB' is not a size" },
        { "match: {}", "match: {}\n    limits: { pids: 4194305 }", 18, 21, "rules[0].limits.pids", "expected a whole number from 1 to 4194304, found the value '4194305'" },
        { "match: {}", "match: {}\n    limits: { cpus: 0 }", 18, 21, "rules[0].limits.cpus", "'0' is not a number of CPUs" },
        { "match: {}", "match: {}\n    limits: { cpus: 0.000 }", 18, 21, "rules[0].limits.cpus", "'0.000' is not a number of CPUs" },
        { "match: {}", "match: {}\n    limits: { cpus: 1.0005 }", 18, 21, "rules[0].limits.cpus", "'1.0005' is not a number of CPUs" },
        { "match: {}", "match: {}\n    limits: { cpus: '1,5' }", 18, 21, "rules[0].limits.cpus", "'1,5' is not a number of CPUs" },
        { "match: {}", "match: {}\n    limits: { cpus: 1500m }", 18, 21, "rules[0].limits.cpus", "'1500m' is not a number of CPUs" },
        { "match: {}", "match: {}\n    limits: { cpus: 8192.001 }", 18, 21, "rules[0].limits.cpus", "'8192.001' is not a number of CPUs" },
        { "match: {}", "match: {}\n    limits: { cpus: [1] }", 18, 21, "rules[0].limits.cpus", "expected a number of CPUs" },
        { "match: {}", "match: {}\n    limits: { cpu-weight: 0 }", 18, 27, "rules[0].limits.cpu-weight", "expected a whole number from 1 to 10000, found the value '0'" },
        { "match: {}", "match: {}\n    limits: { io-weight: 10001 }", 18, 26, "rules[0].limits.io-weight", "expected a whole number from 1 to 10000, found the value '10001'" },
        { "match: {}", "match: {}\n    limits: { files: 1073741825 }", 18, 22, "rules[0].limits.files", "expected a whole number from 1 to 1073741824" },
        { "claims: trusted", "limits: { scratch: 0GiB }", 6, 24, "pilots[0].limits.scratch", "'0GiB' is not a size" },
        { "claims: trusted", "limits: { cpu: 1 }", 6, 15, "pilots[0].limits.cpu", "unknown key 'cpu'" },
        { "match: {}", "match: {}\n    multi-user: no", 18, 17, "rules[0].multi-user", "'multi-user: no' contradicts the first question, which says 'yes'" },
        { "match: {}", "match: {}\n  - name: everybody\n    match: {}", 18, 11, "rules[1].name", "two rules are called 'everybody'" },

        // accounts
        { "range: 2000000-2000009", "range: 2000009-2000000", 19, 21, "accounts.default.range", "'2000009-2000000' is not a range of ids" },
        { "range: 2000000-2000009", "range: 2000000-4294967296", 19, 21, "accounts.default.range", "'2000000-4294967296' is not a range of ids" },
        { "range: 2000000-2000009", "pool: atlas", 19, 20, "accounts.default.pool", "'atlas' is no pool" },
        { "range: 2000000-2000009", "range: 2000000-2000009, pool: .atlas", 19, 12, "accounts.default", "an entry has 'pool' or 'range', not both" },
        { "range: 2000000-2000009, ", "", 19, 12, "accounts.default", "an entry needs 'pool' or 'range'" },
        { "per: payload", "per: job", 19, 43, "accounts.default.per", "'job' is none of: identity, payload" },
        { ", per: payload", "", 19, 12, "accounts.default", "the key 'per' is missing" },
        { "per: payload", "per: payload, quarantine: soon", 19, 64, "accounts.default.quarantine", "'soon' is not a time" },
        { "  default: {", "  'my pool': { range: 3000000-3000001, per: payload }\n  default: {", 19, 3, "accounts.my pool", "'my pool' is not a usable name" },
        { "  default: {", "  rooms: { range: 3000000-3000001, ids-per-room: 1 }\n  default: {", 19, 50, "accounts.rooms.ids-per-room", "1 ids per room do not fit" },
        { "  default: {", "  rooms: { range: 3000000-3000002, ids-per-room: 2 }\n  default: {", 19, 50, "accounts.rooms.ids-per-room", "2 ids per room do not fit" },
        { "setuid: { room: classic }", "container: { network: bridge }", 14, 25, "levels.container.network", "'bridge' is none of: pilot, none, user" },
        { "match: {}", "match: {}\n    account: rooms", 18, 14, "rules[0].account", "the entry 'rooms' is for rooms" },

        // places and authorization
        { "site: TEST", "site: TEST\nlend: [/scratch, /a/../b]", 3, 18, "lend[1]", "'/a/../b' is not a plain absolute path" },
        { "site: TEST", "site: TEST\nbinds: [/]", 3, 9, "binds[0]", "'/' is not a plain absolute path" },
        { "site: TEST", "site: TEST\nimages: { allow: [docker://x] }", 3, 19, "images.allow[0]", "'docker://x' is not an image pattern" },
        { "site: TEST", "site: TEST\nplacement: { must: [job-limit] }", 3, 21, "placement.must[0]", "unknown property 'job-limit'" },
        { "site: TEST", "site: TEST\nplacement: { must: [job-limits], want: [job-limits] }", 3, 40, "placement.want", "'job-limits' is both in 'must' and in 'want'" },
        { "site: TEST", "site: TEST\nplacement: { want: [job-limits] }", 3, 20, "placement.want", "'job-limits' must hold where 'must' is not written" },
        { "site: TEST", "site: TEST\nplacement: { must: job-limits }", 3, 20, "placement.must", "expected a list of properties, found the value 'job-limits'" },
        { "site: TEST", "site: TEST\nplacement: { must: [own-limits, own-limits] }", 3, 33, "placement.must[1]", "'own-limits' is in the list twice" },
        { "site: TEST", "site: TEST\nplacement: { may-lose: [cpus, memory] }", 3, 31, "placement.may-lose[1]", "unknown ceiling 'memory'" },
        { "site: TEST", "site: TEST\nplacement: { may-lose: all }", 3, 24, "placement.may-lose", "expected a list of ceilings, found the value 'all'" },
        { "site: TEST", "site: TEST\nplacement: { may-loose: [] }", 3, 14, "placement.may-loose", "unknown key 'may-loose'" },
        { "site: TEST", "site: TEST\nplacement: beside", 3, 12, "placement", "expected a block of keys, found the value 'beside'" },
        { "site: TEST", "site: TEST\nlimits: strict", 3, 9, "limits", "'strict' is none of: best-effort, enforce" },
        { "site: TEST", "site: TEST\nlimits: { memory: 4GiB }", 3, 9, "limits", "expected best-effort or enforce, found" },
        { "site: TEST", "site: TEST\nauthorization: { ban: ban.db }", 3, 23, "authorization.ban", "expected a list of ban files" },
        { "site: TEST", "site: TEST\nauthorization: { central: { protocol: argus, endpoints: [\"http://h/\"] } }", 3, 58, "authorization.central.endpoints[0]", "'http://h/' is not an https address" },
        { "site: TEST", "site: TEST\nauthorization: { central: { endpoints: [\"https://h/\"] } }", 3, 27, "authorization.central", "the key 'protocol' is missing" },
        { "site: TEST", "site: TEST\nauthorization: { central: { protocol: argus, endpoints: [\"https://h/\"], timeout: 3 } }", 3, 82, "authorization.central.timeout", "'3' is not a time" },
    };

    [Theory]
    [MemberData(nameof(Single))]
    public void One_fault_is_told_at_its_place(string old, string changed, int line, int column, string path, string what)
    {
        string text = Files.With((old, changed));
        PolicyFault fault = Assert.Single(Files.Faults(text));
        Assert.StartsWith(what, fault.What, StringComparison.Ordinal);
        Assert.Equal((line, column, path), (fault.Line, fault.Column, fault.Path));
        Assert.NotEmpty(fault.Fix);
    }

    [Fact]
    public void Every_fault_of_a_file_is_told_at_once_in_its_order()
    {
        var faults = Files.Faults(Files.With(
            ("version: 1", "version: 7"), ("multi-user-pilots: yes", "multi-user-pilots: no"), ("default: setuid", "default: seduit"),
            ("match: {}", "match: {}\n    level: log-only\n    account: atlas"), ("per: payload", "per: nobody"), ("site: TEST", "sight: TEST")));
        Assert.Equal(
            ["1:1 ", "1:10 version", "2:1 sight", "7:20 multi-user-pilots", "12:12 levels.default", "18:12 rules[0].level", "19:14 rules[0].account", "21:43 accounts.default.per"],
            faults.Select(f => $"{f.Line}:{f.Column} {f.Path}"));
    }

    [Theory]
    [InlineData("site: TEST\nrulez: []", "Did you mean 'rules'?")]
    [InlineData("site: TEST\nwhatever: []", "Known here: version, site, ")]
    public void An_unknown_key_gets_the_nearest_name(string line, string fix)
        => Assert.StartsWith(fix, Assert.Single(Files.Faults(Files.With(("site: TEST", line)))).Fix, StringComparison.Ordinal);

    [Theory]
    [InlineData("placement: { must: [job-limit] }", "Did you mean 'job-limits'?")]
    [InlineData("placement: { want: [cgroup-prof] }", "Did you mean 'cgroup-proof'?")]
    [InlineData("placement: { want: [x] }", "Known here: job-limits, job-accounting, own-limits, cgroup-proof.")]
    [InlineData("placement: { may-lose: [device] }", "Did you mean 'devices'?")]
    [InlineData("placement: { may-lose: [gpus] }", "Did you mean 'cpus'?")]
    [InlineData("placement: { may-loose: [] }", "Did you mean 'may-lose'?")]
    [InlineData("limits: best-efort", "Did you mean 'best-effort'?")]
    public void A_word_of_the_place_gets_the_nearest_one(string line, string fix)
        => Assert.StartsWith(fix, Assert.Single(Files.Faults(Files.With(("site: TEST", $"site: TEST\n{line}")))).Fix, StringComparison.Ordinal);

    [Theory]
    [InlineData("cpu-weigth: 5", "Did you mean 'cpu-weight'?")]
    [InlineData("cpu: 1", "Did you mean 'cpus'?")]
    [InlineData("open-files: 5", "Known here: wall, memory, swap, pids, cpu-weight, cpus, io-weight, files, scratch, scratch-files.")]
    public void A_kind_of_limit_gets_the_nearest_one(string limit, string fix)
        => Assert.StartsWith(fix, Assert.Single(Files.Faults(Files.With(("match: {}", $"match: {{}}\n    limits: {{ {limit} }}")))).Fix, StringComparison.Ordinal);

    [Theory]
    [InlineData("identity-switch: require", "log-only: allow", 9, 11, "'log-only' contradicts 'identity-switch: require'")]
    [InlineData("identity-switch: { answer: no, why: x }", "log-only: no", 12, 12, "the level setuid contradicts 'identity-switch: no'")]
    [InlineData("identity-switch: allow", "log-only: require", 12, 12, "the level setuid contradicts 'log-only: require'")]
    public void Answers_and_levels_must_agree(string change, string logOnly, int line, int column, string what)
    {
        PolicyFault fault = Files.Faults(Files.With(("identity-switch: allow", change), ("log-only: no", logOnly)))[0];
        Assert.Equal((line, column), (fault.Line, fault.Column));
        Assert.StartsWith(what, fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_with_a_reason_is_good()
        => Assert.Empty(Files.Faults(Files.With(
            ("multi-user-pilots: yes", "multi-user-pilots: { answer: depends, why: only analysis }"),
            ("on-internal-error: refuse", "on-internal-error: { answer: { ledger-unavailable: pilot-may-run, default: refuse }, why: agreed }"))));

    [Fact]
    public void A_rule_of_a_class_and_the_class_must_share_a_level()
    {
        PolicyFault fault = Assert.Single(Files.Faults(Files.With(("claims: trusted", "levels: [container]"), ("match: {}", "match: { pilot: pilot }"))));
        Assert.Equal((16, 5, "rules[0]"), (fault.Line, fault.Column, fault.Path));
    }

    [Fact]
    public void Multi_user_rules_contradict_a_no()
    {
        PolicyFault fault = Assert.Single(Files.Faults(Files.With(
            ("multi-user-pilots: yes", "multi-user-pilots: { answer: no, why: x }"), ("match: {}", "match: {}\n    multi-user: yes"))));
        Assert.Equal((18, 17, "rules[0].multi-user"), (fault.Line, fault.Column, fault.Path));
    }

    [Fact]
    public void An_alias_is_refused_and_nothing_else_is_said_of_it()
    {
        var faults = Files.Faults(Files.With(("site: TEST", "site: &a TEST"), ("name: everybody", "name: *a")));
        Assert.Equal(["an anchor (&name) stands here", "an alias (*name) stands here"], faults.Select(f => f.What));
    }

    [Fact]
    public void Lines_are_counted_alike_with_any_line_end_and_a_byte_order_mark()
    {
        foreach (string end in new[] { "\n", "\r\n", "\r" })
        {
            PolicyFault fault = Assert.Single(Files.Faults("\ufeff" + Files.With(("per: payload", "per: job")).ReplaceLineEndings(end)));
            Assert.Equal((19, 43), (fault.Line, fault.Column));
        }
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_told_where_they_are()
    {
        var refused = Assert.IsType<PolicyCheck.Refused>(PolicyFile.Check([.. "version: 1\nsite: "u8, 0xff], Files.Host));
        PolicyFault fault = Assert.Single(refused.Faults);
        Assert.Equal((2, 7, "the byte 0xff is not UTF-8"), (fault.Line, fault.Column, fault.What));
    }

    [Fact]
    public void A_file_of_more_than_a_mebibyte_is_not_read()
        => Assert.Equal("the file has 1048577 bytes; more than 1048576 are not read",
            Assert.Single(Files.Faults(Files.Good + "\n#" + new string('x', 1024 * 1024 - Files.Good.Length - 1))).What);

    [Fact]
    public void A_flood_of_faults_is_cut_and_counted()
    {
        var faults = Files.Faults(Files.Good + "\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"k{i}: 1\n")));
        Assert.Equal(Findings.MostFaults + 1, faults.Length);
        Assert.Equal("4000 more faults are not listed", faults[^1].What);
    }
}
