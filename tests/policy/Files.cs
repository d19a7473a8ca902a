using System.Collections.Immutable;
using System.Text;
using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Policy files and hosts that the tests make up.</summary>
internal static class Files
{
    /// <summary>A good file; line numbers in the tests are counted in it.</summary>
    public const string Good = """
        version: 1
        site: TEST
        pilots:
          - name: pilot
            account: [pilot, .plt]
            claims: trusted
        multi-user-pilots: yes
        identity-switch: allow
        log-only: no
        on-internal-error: refuse
        levels:
          default: setuid
          accept: [setuid]
          setuid: { room: classic }
        rules:
          - name: everybody
            match: {}
        accounts:
          default: { range: 2000000-2000009, per: payload }
        """;

    public static readonly HostFacts Host = new(
        [
            Account("root", 0, 0), Account("pilot", 5000, 5000), Account("plt001", 5001, 5000), Account("plt002", 5002, 5000),
            Account("atlas1", 6001, 6000), Account("atlas2", 6002, 6000), Account("atlas10", 6010, 6000), Account("atlasx", 6099, 6000),
            Account("isolation", 990, 990), Account("boss", 7000, 7000),
        ],
        [
            Group("root", 0), Group("docker", 1500, "atlas10"), Group("disk", 6), Group("pilots", 5000), Group("atlas", 6000), Group("cvmfs", 6500, "atlas1", "atlas2"),
            Group("isolation", 990), Group("isolation-operators", 1600, "boss"), Group("boss", 7000),
        ],
        [], [], []);

    /// <summary>The host without what makes its atlas pool a fault.</summary>
    public static readonly HostFacts CleanHost = Host with { Groups = [.. Host.Groups.Where(g => g.Name != "docker")] };

    public static HostAccount Account(string name, uint uid, uint gid) => new(name, new UserId(uid), new GroupId(gid));

    public static HostGroup Group(string name, uint gid, params string[] members) => new(name, new GroupId(gid), [.. members]);

    public static PolicyCheck Check(string text, HostFacts? host = null) => PolicyFile.Check(Encoding.UTF8.GetBytes(text), host ?? CleanHost);

    public static PolicySnapshot Snapshot(string text, HostFacts? host = null)
    {
        PolicyCheck check = Check(text, host);
        return check is PolicyCheck.Accepted accepted ? accepted.Snapshot : throw new InvalidOperationException(PolicyText.OfFaults("test", ((PolicyCheck.Refused)check).Faults));
    }

    public static ImmutableArray<PolicyNote> Notes(string text, HostFacts? host = null) => Assert.IsType<PolicyCheck.Accepted>(Check(text, host)).Notes;

    public static ImmutableArray<PolicyFault> Faults(string text, HostFacts? host = null)
        => Check(text, host) is PolicyCheck.Refused refused ? refused.Faults : [];

    /// <summary>The good file with a piece of it replaced; the piece must be there.</summary>
    public static string With(params (string Old, string New)[] changes)
    {
        string text = Good;
        foreach ((string old, string changed) in changes)
            text = text.Contains(old, StringComparison.Ordinal) ? text.Replace(old, changed, StringComparison.Ordinal) : throw new ArgumentException($"not in the file: {old}");
        return text;
    }
}
