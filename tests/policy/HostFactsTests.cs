using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: what a policy is checked against is read from the host's own files, and what cannot be read is told.</summary>
public sealed class HostFactsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("isolation-facts-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_files_are_read_and_lines_of_another_shape_skipped()
    {
        Write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n# comment\n+::::::\natlas1:x:6001:6000::/:\nbad:x:-1:3::/:\n");
        Write("etc/group", "root:x:0:\ndocker:x:1500:atlas1, atlas2\n");
        Write("etc/subuid", "debian:100000:65536\nnobody:1:0\n");
        Write("etc/subgid", "debian:200000:65536\n");
        HostFacts facts = HostFacts.Read(_root);
        Assert.Equal(["root", "atlas1"], facts.Accounts.Select(a => a.Name));
        Assert.Equal("atlas1 atlas2", string.Join(" ", facts.Groups[1].Members));
        Assert.Equal([(100000u, 165535u), (200000u, 265535u)], facts.SubordinateIds.Select(s => (s.First, s.Last)));
        Assert.Empty(facts.SssdIds);
        Assert.Empty(facts.Unread);
    }

    [Theory]
    [InlineData("id_provider = ad", 200000u, 2000199999u)]
    [InlineData("id_provider=ad\nldap_idmap_range_min=300000\nldap_idmap_range_max = 400000", 300000u, 399999u)]
    [InlineData("id_provider = ldap\nldap_id_mapping = True", 200000u, 2000199999u)]
    [InlineData("id_provider = ldap", 0u, 0u)]
    [InlineData("id_provider = ad\nldap_id_mapping = false", 0u, 0u)]
    [InlineData("id_provider = files", 0u, 0u)]
    public void SSSDs_range_counts_where_a_domain_maps_ids(string options, uint first, uint last)
    {
        Write("etc/sssd/sssd.conf", $"[sssd]\nid_provider = ad\n[domain/example.org]\n; comment\n{options}\n[pam]\n");
        HostFacts facts = HostFacts.Read(_root);
        Assert.Equal(first == 0 ? [] : [(first, last)], facts.SssdIds.Select(s => (s.First, s.Last)));
    }

    [Fact]
    public void SSSDs_drop_in_files_count_too()
    {
        Write("etc/sssd/conf.d/10-ad.conf", "[domain/ad]\nid_provider = ad\n");
        Assert.Single(HostFacts.Read(_root).SssdIds);
    }

    [Fact]
    public void A_file_that_is_a_directory_is_told_as_unread()
    {
        Directory.CreateDirectory(Path.Combine(_root, "etc/subuid"));
        Assert.StartsWith(Path.Combine(_root, "etc/subuid") + ": ", Assert.Single(HostFacts.Read(_root).Unread), StringComparison.Ordinal);
    }

    [Fact]
    public void This_host_is_read()
        => Assert.Contains(HostFacts.Read().Accounts, a => a.Uid == UserId.Root);

    private void Write(string path, string text)
    {
        string file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
