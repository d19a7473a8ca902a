using System.Text.RegularExpressions;

namespace Isolation.Architecture.Tests;

/// <summary>Promise: names come from the domain, files stay small, and what is unsafe is in one place.</summary>
public sealed partial class SourceTests
{
    private const int HardStop = 500;
    private const int NinetiethPercentile = 170;

    [Fact]
    public void NoTypeHasAVagueName()
        => Assert.Empty(Repository.SourceFiles.SelectMany(f => DeclaredType().Matches(Repository.Text(f)).Select(m => $"{f}: {m.Groups["name"].Value}")
            .Where(n => VagueName().IsMatch(n))));

    [Fact]
    public void NoFileIsTooLong()
    {
        (string File, int Lines)[] files = [.. Repository.SourceFiles.Select(f => (f, File.ReadLines(Path.Combine(Repository.Root, f)).Count()))];
        Assert.Empty(files.Where(f => f.Lines > HardStop));
        int[] lengths = [.. files.Where(f => !f.File.StartsWith("tests/", StringComparison.Ordinal)).Select(f => f.Lines).Order()];
        Assert.InRange(lengths[lengths.Length * 9 / 10], 1, NinetiethPercentile);
    }

    [Fact]
    public void OnlyTheLinuxProjectIsUnsafe()
        => Assert.Equal(
            ["runtime/linux/Isolation.Linux.csproj"],
            Repository.Projects.Where(p => Repository.Text(p).Contains("<AllowUnsafeBlocks>true", StringComparison.Ordinal)));

    [Fact]
    public void NativeCallsAreGeneratedAndInTheLinuxProjectOnly()
    {
        Assert.Empty(Repository.SourceFiles.Where(f => Attribute("DllImport").IsMatch(Repository.Text(f))));
        Assert.Empty(Repository.SourceFiles.Where(f => Attribute("LibraryImport").IsMatch(Repository.Text(f)) && !f.StartsWith("runtime/linux/", StringComparison.Ordinal)));
    }

    [Fact]
    public void NothingIsLeftForLater()
        => Assert.Empty(Repository.SourceFiles.Where(f => Unfinished().IsMatch(Repository.Text(f))));

    [Fact]
    public void EveryTestClassSaysWhatItPromises()
    {
        List<string> silent = [];
        foreach (string file in Repository.SourceFiles.Where(f => f.StartsWith("tests/", StringComparison.Ordinal)))
        {
            string text = Repository.Text(file);
            if (!FactOrTheory().IsMatch(text))
                continue;
            silent.AddRange(TestClass().Matches(text).Where(m => !m.Groups["doc"].Success).Select(m => $"{file}: {m.Groups["name"].Value}"));
        }

        Assert.Empty(silent);
    }

    private static Regex Attribute(string name) => new($@"^\s*\[{name}\(", RegexOptions.Multiline);

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+(struct\s+|class\s+)?(?<name>[A-Z]\w*)")]
    private static partial Regex DeclaredType();

    [GeneratedRegex(@": \w*(Manager|Helper|Helpers|Utils|Util|Utilities|Misc|Common|Base|Impl)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"//\s*(TODO|FIXME|HACK|XXX)\b|NotImplemented" + "Exception")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^\s*\[(Skippable)?(Fact|Theory)\b", RegexOptions.Multiline)]
    private static partial Regex FactOrTheory();

    [GeneratedRegex(@"(?<doc></summary>\n(\[.*\]\n)*)?^public (sealed |abstract |partial )*class (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex TestClass();
}
