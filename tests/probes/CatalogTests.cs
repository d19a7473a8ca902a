namespace Isolation.Probes.Tests;

/// <summary>Promise: no probe of the list that concerns accounts of the host is silently absent: it is tried, or listed with the reason.</summary>
public sealed class CatalogTests
{
    /// <summary>Every id of the project's list that is marked P, or with no level at all. The others are of container and vm only.</summary>
    private const string Ids = """
        A1 A2 A3 A4 A6 A7 A8 A9 A10 A11
        B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 B12 B15 B16
        C1 C2 C3 C4 C8 C9 C10 C11 C12 C13 C14 C15 C17 C18
        D1 D2 D3 D4 D5 D6 D7
        E1 E2 E3 E5 E6 E10 E11 E12 E13 E14
        F1 F2 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13
        G1 G2 G4 G5 G6 G7 G8 G9 G10 G11 G12
        """;

    /// <summary>Tried although the list has it for containers only.</summary>
    private static readonly string[] More = ["C6"];

    [Fact]
    public void EachIsTriedOrListedWithTheReasonAndNeverBoth()
        => Assert.Equal(
            Ids.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Concat(More).Order(StringComparer.Ordinal),
            ProbeCatalog.All.Select(p => p.Id).Concat(ProbeCatalog.NotYet.Select(p => p.Id)).Order(StringComparer.Ordinal));

    [Fact]
    public void EachReasonSaysWhatItWaitsForOrWhatHoldsThePromiseInstead()
        => Assert.All(ProbeCatalog.NotYet, p => Assert.True(
            p.Why.Contains("joins with", StringComparison.Ordinal) || p.Why.Contains("joins E", StringComparison.Ordinal) || p.Why.Contains("Tests.", StringComparison.Ordinal), $"{p.Id}: {p.Why}"));

    /// <summary>The names of tests in the reasons are of tests that exist.</summary>
    [Fact]
    public void TheTestsThatAReasonNamesExist()
    {
        string root = Path.GetFullPath(Path.Combine(Service.Tests.Site.BuiltPrograms, "..", "..", "tests"));
        string[] sources = [.. Directory.EnumerateFiles(root, "*Tests.cs", SearchOption.AllDirectories)];
        foreach (string word in ProbeCatalog.NotYet.SelectMany(p => p.Why.Split([' ', ',', ';', '(', ')'])).Where(w => w.Contains("Tests.", StringComparison.Ordinal)))
        {
            string[] name = word.Split('.');
            Assert.True(sources.Any(f => Path.GetFileName(f) == name[0] + ".cs" && File.ReadAllText(f).Contains($" {name[1]}(", StringComparison.Ordinal)), $"there is no test {word}");
        }
    }
}
