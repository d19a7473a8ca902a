using System.Text.RegularExpressions;

namespace Isolation.Policy.Tests;

/// <summary>Promise: docs/policy.md names every cause, privileged group and key of the design's file, so that the reference cannot fall behind.</summary>
public sealed partial class ReferenceTests
{
    private static readonly string Reference = File.ReadAllText("policy.md");

    [Fact]
    public void Every_cause_is_there() => Assert.All(ErrorCauses.All, cause => Assert.Contains($"`{cause}`", Reference, StringComparison.Ordinal));

    [Fact]
    public void Every_privileged_group_is_there() => Assert.All(IdChecks.PrivilegedGroups, group => Assert.Matches($@"[ ,]{Regex.Escape(group)}[,;]", Reference));

    [Fact]
    public void Every_key_of_the_designs_file_is_there()
    {
        string[] own = ["atlas", "default", "rooms"];
        string text = Comment().Replace(File.ReadAllText("design-section-7.yaml"), "");
        string[] keys = [.. Key().Matches(text).Select(m => m.Groups[1].Value).Except(own).Distinct()];
        Assert.True(keys.Length > 40, string.Join(" ", keys));
        Assert.All(keys, key => Assert.Matches($@"[`{{ ]{Regex.Escape(key)}[`:,]| {Regex.Escape(key)} }}", Reference));
    }

    [GeneratedRegex(@"#.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"(?<=^|[\s{,])([a-z0-9-]+):(?=\s)", RegexOptions.Multiline)]
    private static partial Regex Key();
}
