using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace Isolation.Service.Tests;

/// <summary>Promise: the list of crash points is the source's, each is in one place, and what is shipped has none of them.</summary>
public sealed partial class NameTests(ITestOutputHelper output)
{
    private static readonly string[] Programs = ["isolationd", "warden", "cell-init"];
    private const string Published = "release_linux-x64";

    private static readonly string Repository = Path.GetFullPath(
        typeof(NameTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!);

    [Fact]
    public void TheListIsTheSourcesAndEachIsInOnePlace()
    {
        string[] sources = [.. new[] { "runtime", "isolators", "policy" }.SelectMany(part => Directory.EnumerateFiles(Path.Combine(Repository, part), "*.cs", SearchOption.AllDirectories))];
        string[] passed = [.. sources.SelectMany(file => PassedIn(File.ReadAllText(file)))];
        output.WriteLine($"{CrashPoints.All.Length} crash points: {string.Join(", ", Programs.Select(program => $"{CrashPoints.Names(program).Count()} of {program}"))}");
        Assert.Equal(CrashPoints.All.Select(row => row.Name).Order(StringComparer.Ordinal), passed.Order(StringComparer.Ordinal));
    }

    // A native program keeps its texts in a form of its own: looked at is what it was compiled from.
    [SkippableTheory]
    [InlineData("isolationd", "Isolation.Daemon")]
    [InlineData("warden", "Isolation.Warden")]
    [InlineData("cell-init", "Isolation.CellInit")]
    public void WhatIsShippedHasNoneOfThem(string program, string project)
    {
        string shipped = Path.Combine(Repository, "artifacts", "bin", project, Published), tested = Path.Combine(Repository, "out", "crash-points", "artifacts", "bin", project, Published);
        Skip.IfNot(Directory.Exists(shipped), $"{program} is not built: run ./build");
        Skip.IfNot(Directory.Exists(tested), "the test build is not there: run ./build --crash-points");
        string[] names = [.. CrashPoints.Names(program).Where(name => !IsOfARollback(name))];
        Assert.NotEmpty(names);
        byte[] inShipped = Code(shipped, program), inTested = Code(tested, program);
        Assert.All(names, name => Assert.False(Holds(inShipped, name), name));
        Assert.All(names, name => Assert.True(Holds(inTested, name), name));
    }

    private static byte[] Code(string directory, string program)
        => [.. Directory.EnumerateFiles(directory, "Isolation.*.dll").Append($"{directory}/{program}.dll").SelectMany(File.ReadAllBytes)];

    private static bool Holds(byte[] code, string text) => code.AsSpan().IndexOf(Encoding.Unicode.GetBytes(text)) >= 0;

    // What they are put together from, the operation and its step, failures are told with.
    private static bool IsOfARollback(string name) => RollbackName().IsMatch(name);

    private static IEnumerable<string> PassedIn(string source)
    {
        string operation = "";
        foreach (Match match in Passed().Matches(source))
        {
            if (match.Groups["operation"].Success)
                operation = match.Groups["operation"].Value;
            else if (match.Groups["step"].Success)
                yield return $"warden: {operation}: {match.Groups["step"].Value}";
            else
                yield return match.Groups["name"].Value;
        }
    }

    [GeneratedRegex("""Rollback undo = new\("(?<operation>[^"]+)"\)|undo\.Begin\("(?<step>[^"]+)"\)|CrashPoint\.Reach\("(?<name>[^"]+)"[,)]""")]
    private static partial Regex Passed();

    [GeneratedRegex("^warden: (enter|[a-z-]+ (build|enter|birth)): ")]
    private static partial Regex RollbackName();
}
