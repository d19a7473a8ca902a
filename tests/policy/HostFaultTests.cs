using System.Collections.Immutable;

namespace Isolation.Policy.Tests;

/// <summary>Promise: no policy maps a payload to ids of the system, of a pilot, of an operator, of a privileged group, or of anything else on the host.</summary>
public sealed class HostFaultTests
{
    private const string Range = "range: 2000000-2000009";

    public static TheoryData<string, string> Ranges => new()
    {
        { "0-5", "the range maps to uid and gid 0" },
        { "999-2000", "the range maps to uids and gids below 1000" },
        { "5000-5002", "it maps to accounts of pilots: pilot (5000), plt001 (5001), plt002 (5002)" },
        { "7000-7000", "it maps to accounts of operators: boss (7000)" },
        { "6001-6012", "it maps to accounts of this host: atlas1 (6001), atlas2 (6002), atlas10 (6010)" },
        { "6500-6600", "it maps to groups of this host: cvmfs (6500)" },
        { "61000-61200", "the range overlaps 61184-65519: systemd" },
        { "65530-65600", "the range overlaps 65534-65535: these stand for 'nobody'" },
        { "4294967290-4294967295", "the range overlaps 4294967294-4294967295" },
        { "165000-170000", "the range overlaps the subordinate ids 100000-165535 (/etc/subuid, debian)" },
        { "400000-400001", "the range overlaps 300000-500000, in which SSSD computes ids (sssd.conf, domain/ad)" },
        { "3000005-3000100", "the range overlaps 3000000-3000009 of the entry 'other'" },
    };

    private static readonly HostFacts Host = Files.CleanHost with
    {
        SubordinateIds = [new TakenIds(100000, 165535, "/etc/subuid, debian")],
        SssdIds = [new TakenIds(300000, 500000, "sssd.conf, domain/ad")],
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void A_range_of_ids_that_are_taken_is_a_fault(string range, string what)
    {
        ImmutableArray<PolicyFault> faults = Files.Faults(Files.With(("  default: {", "  other: { range: 3000000-3000009, per: payload }\n  default: {"), (Range, $"range: {range}")), Host);
        PolicyFault fault = Assert.Single(faults, f => f.What.StartsWith(what, StringComparison.Ordinal));
        Assert.Equal((20, 21, "accounts.default.range"), (fault.Line, fault.Column, fault.Path));
        Assert.All(faults, f => Assert.Equal(20, f.Line));
    }

    [Fact]
    public void A_range_beside_them_is_good()
        => Assert.Empty(Files.Faults(Files.With((Range, "range: 165536-299999")), Host));

    [Fact]
    public void The_rooms_range_is_checked_as_well()
    {
        PolicyFault fault = Assert.Single(Files.Faults(Files.With(("  default: {", "  rooms: { range: 2000005-2000010, ids-per-room: 2 }\n  default: {"))));
        Assert.Equal((20, 21, "the range overlaps 2000005-2000010 of the entry 'rooms'"), (fault.Line, fault.Column, fault.What));
    }

    public static TheoryData<string, string> Pools => new()
    {
        { "low", "it maps to accounts with a uid below 1000: low1 (500)" },
        { "plt", "it maps to accounts of pilots: plt001 (5001), plt002 (5002)" },
        { "op", "it maps to accounts of operators: op1 (8001)" },
        { "dock", "it maps to accounts in privileged groups: dock1 in docker" },
        { "dsk", "it maps to accounts in privileged groups: dsk1 in disk" },
        { "twin", "it maps to accounts in privileged groups: twin1 in shadow" },
        { "usr", "it maps to accounts in groups below 1000: usr1 in users" },
        { "anon", "it maps to accounts in groups below 1000: anon1 in 77" },
        { "two", "it maps to accounts of another entry: two1 (in 'first')" },
    };

    [Theory]
    [MemberData(nameof(Pools))]
    public void A_pool_with_such_a_member_is_a_fault(string prefix, string what)
    {
        HostFacts host = Files.CleanHost with
        {
            Accounts = [.. Files.Host.Accounts, Files.Account("low1", 500, 6000), Files.Account("op1", 8001, 6000), Files.Account("dock1", 8002, 6000),
                Files.Account("dsk1", 8003, 6), Files.Account("twin1", 8004, 1700), Files.Account("usr1", 8005, 100), Files.Account("anon1", 8006, 77), Files.Account("two1", 8007, 6000)],
            Groups = [.. Files.CleanHost.Groups.Where(g => g.Name != "isolation-operators"), Files.Group("isolation-operators", 1600, "op1"), Files.Group("docker", 1500, "dock1"),
                Files.Group("twins", 1700), Files.Group("shadow", 1700), Files.Group("users", 100)],
        };
        string first = prefix == "two" ? "  first: { pool: .two, per: payload }\n" : "";
        ImmutableArray<PolicyFault> faults = Files.Faults(Files.With(("  default: {", first + "  default: {"), (Range, $"pool: .{prefix}")), host);
        PolicyFault fault = Assert.Single(faults, f => f.What.StartsWith(what, StringComparison.Ordinal));
        Assert.Equal((first.Length > 0 ? 20 : 19, 20, "accounts.default.pool"), (fault.Line, fault.Column, fault.Path));
    }

    [Fact]
    public void A_pool_is_the_prefix_and_digits_with_the_groups_of_the_database()
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With((Range, "pool: .atlas")));
        AccountSource source = snapshot.Accounts["default"].Source;
        Assert.Equal(["atlas1", "atlas2", "atlas10"], Enumerable.Range(0, (int)source.Count).Select(i => source[i].Name));
        Assert.Equal([6500u], source[0].Groups.Select(g => g.Value));
        Assert.Empty(source[2].Groups);
    }

    [Fact]
    public void A_pool_in_docker_is_refused_as_a_whole_file()
        => Assert.Contains(Files.Faults(Files.With((Range, "pool: .atlas")), Files.Host), f => f.What == "it maps to accounts in privileged groups: atlas10 in docker");

    [Fact]
    public void A_pilot_known_to_name_services_only_is_found_by_name()
    {
        HostFacts files = Files.CleanHost with { Accounts = [.. Files.Host.Accounts.Where(a => a.Name != "pilot")] };
        PolicyCheck check = PolicyFile.Check(System.Text.Encoding.UTF8.GetBytes(Files.With((Range, "range: 5000-5000"))), files, new FileAccountDatabase(Files.CleanHost));
        Assert.Contains(Assert.IsType<PolicyCheck.Refused>(check).Faults, f => f.What == "it maps to accounts of pilots: pilot (5000)");
    }
}
