using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: the whole questionnaire is read from the start, and the example that is shipped passes on a plain host.</summary>
public sealed class WholeFileTests
{
    private static readonly HostFacts PlainDebian = new(
        [
            Files.Account("root", 0, 0), Files.Account("daemon", 1, 1), Files.Account("man", 6, 12), Files.Account("www-data", 33, 33),
            Files.Account("nobody", 65534, 65534), Files.Account("debian", 1000, 1000),
        ],
        [Files.Group("root", 0), Files.Group("sudo", 27, "debian"), Files.Group("users", 100), Files.Group("nogroup", 65534), Files.Group("debian", 1000)],
        [new TakenIds(100000, 165535, "/etc/subuid, debian"), new TakenIds(100000, 165535, "/etc/subgid, debian")],
        [], []);

    [Fact]
    public void The_file_of_the_design_is_accepted()
    {
        PolicyCheck check = Files.Check(File.ReadAllText("design-section-7.yaml"), Files.CleanHost);
        Assert.Equal("", check is PolicyCheck.Refused refused ? PolicyText.OfFaults("f", refused.Faults) : "");
    }

    [Fact]
    public void The_designs_demand_of_a_place_is_the_default()
    {
        Assert.Equal(PlacementDemand.Default, Files.Snapshot(File.ReadAllText("design-section-7.yaml"), Files.CleanHost).Placement);
        Assert.Equal(PlacementDemand.Default, Files.Snapshot(Files.Good).Placement);
    }

    [Fact]
    public void What_the_designs_file_cannot_have_in_this_version_is_noted()
    {
        string notes = PolicyText.OfNotes("f", Files.Notes(File.ReadAllText("design-section-7.yaml"), Files.CleanHost));
        Assert.Contains("f:23:12: note: rules[0].match: vo, fqan and issuer match identities with a credential; none exist in this version", notes,
            StringComparison.Ordinal);
        Assert.Contains("f:37:1: note: authorization: this version cannot ask", notes, StringComparison.Ordinal);
        Assert.Contains("f:5:15: note: pilots[0].account[0]: the account 'atlpilot' is not on this host", notes, StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_passes_on_a_plain_Debian()
    {
        PolicyCheck check = Files.Check(File.ReadAllText("policy.example.yaml"), PlainDebian);
        PolicyCheck.Accepted accepted = Assert.IsType<PolicyCheck.Accepted>(check);
        Assert.Equal("EXAMPLE-T2", accepted.Snapshot.Site);
        Assert.Equal(["the account 'pilot' is not on this host", "no account of the pool '.pilot' is on this host"], accepted.Notes.Select(n => n.What.Split(':')[0]));
    }

    [Fact]
    public void The_epoch_is_the_digest_of_the_bytes()
        => Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Files.Good))),
            Files.Snapshot(Files.Good).Epoch);

    [Theory]
    [InlineData("accept: [setuid, container]", "match: {}", 18)]
    [InlineData("accept: [setuid]", "match: {}\n    level: { prefer: setuid, accept: [container] }", 19)]
    public void Containers_without_ids_for_them_are_noted(string accept, string rule, int line)
    {
        string text = Files.With(("accept: [setuid]", accept), ("match: {}", rule));
        Assert.Contains($"f:{line}:1: note: accounts: the level container is accepted, and is not ready before ids are set aside for it",
            PolicyText.OfNotes("f", Files.Notes(text)), StringComparison.Ordinal);
        Assert.Empty(Files.Notes(text + "\n  rooms: { range: 3000000-3000009, ids-per-room: 2 }\n"));
    }

    [Fact]
    public void The_good_file_has_no_note() => Assert.Empty(Files.Notes(Files.Good));

    [Fact]
    public void What_could_not_be_read_of_the_host_is_noted()
    {
        PolicyNote note = Assert.Single(Files.Notes(Files.Good, Files.CleanHost with { Unread = ["/etc/sssd/sssd.conf: Permission denied"] }));
        Assert.Equal("not checked against /etc/sssd/sssd.conf: Permission denied", note.What);
    }

    [Fact]
    public void Faults_and_notes_print_as_editors_read_them()
    {
        string text = PolicyText.OfFaults("/etc/isolation/policy.yaml", Files.Faults(Files.With(("version: 1", "version: 2"))));
        Assert.Equal("/etc/isolation/policy.yaml:1:10: version: unknown version '2'. Fix: This program reads version 1: write version: 1.\n", text);
    }
}
