using System.Text.RegularExpressions;

namespace Isolation.Architecture.Tests;

/// <summary>Promise: what the documents promise is held by tests that exist, and nothing tracked names a machine or a registry.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void EveryPromiseNamesATestThatExists()
    {
        Dictionary<string, HashSet<string>> tests = TestsByClass();
        string[] promises = [.. Repository.Text("docs/promises.md").Split('\n').Where(l => NumberedLine().IsMatch(l))];
        Assert.NotEmpty(promises);
        Assert.Equal(Enumerable.Range(1, promises.Length), promises.Select(p => int.Parse(NumberedLine().Match(p).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));
        List<string> faults = [];
        foreach (string promise in promises)
        {
            string[] named = [.. TestName().Matches(promise).Select(m => m.Groups[1].Value)];
            if (named.Length == 0)
                faults.Add($"names no test: {promise}");
            foreach (string name in named)
            {
                string[] parts = name.Split('.');
                if (!tests.TryGetValue(parts[0], out HashSet<string>? methods) || (parts.Length > 1 && !methods.Contains(parts[1])))
                    faults.Add($"no such test: {name}");
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void NothingTrackedNamesAMachineOrARegistry()
    {
        // Put together, so that this file does not hold them either.
        string[] forbidden = ["/" + "work/", "/tmp/" + "wt", "api.nuget" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org", "/root/" + "."];
        List<string> faults = [];
        foreach (string file in Repository.Files.Where(f => !f.EndsWith(".png", StringComparison.Ordinal)))
        {
            string text = Repository.Text(file);
            faults.AddRange(forbidden.Where(f => text.Contains(f, StringComparison.OrdinalIgnoreCase)).Select(f => $"{file}: {f}"));
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void NoLockFileHoldsAnAddress()
        => Assert.Empty(Repository.Files.Where(f => f.EndsWith("packages.lock.json", StringComparison.Ordinal) && Repository.Text(f).Contains("://", StringComparison.Ordinal)));

    [Fact]
    public void EveryProjectHasALockFile()
        => Assert.Empty(Repository.Projects.Where(p => !Repository.Files.Contains(Path.Combine(Path.GetDirectoryName(p)!, "packages.lock.json"))));

    [Fact]
    public void TheChangesAreWrittenDown() => Assert.NotEmpty(Repository.Text("CHANGELOG.md"));

    private static Dictionary<string, HashSet<string>> TestsByClass()
    {
        Dictionary<string, HashSet<string>> tests = [];
        foreach (string file in Repository.SourceFiles.Where(f => f.StartsWith("tests/", StringComparison.Ordinal)))
        {
            string text = Repository.Text(file);
            foreach (Match type in TestClass().Matches(text))
            {
                if (!tests.TryGetValue(type.Groups[1].Value, out HashSet<string>? methods))
                    tests[type.Groups[1].Value] = methods = [];
                methods.UnionWith(TestMethod().Matches(text).Select(m => m.Groups[1].Value));
            }
        }

        return tests;
    }

    [GeneratedRegex(@"^(\d+)\. ")]
    private static partial Regex NumberedLine();

    [GeneratedRegex(@"`(\w+Tests?(?:\.\w+)?|KernelTraps(?:\.\w+)?)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^public (?:sealed |abstract |partial )*class (\w+)", RegexOptions.Multiline)]
    private static partial Regex TestClass();

    [GeneratedRegex(@"^\s*\[(?:Skippable)?(?:Fact|Theory)[^\n]*\n(?:\s*\[[^\n]*\n)*\s*public (?:static )?(?:async )?\w+ (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex TestMethod();
}
