using System.Globalization;

namespace Isolation.Probes;

/// <summary>The findings in one line.</summary>
internal static class Summary
{
    /// <summary>Of everything.</summary>
    public static string Of(Findings findings)
    {
        List<string> parts = [.. findings.Levels.Select(l => l.Fault is null ? $"{l.Name}: {Of(findings, l)}" : $"{l.Name}: nothing could be tried")];
        if (findings.Bare is not null)
            parts.Add($"self-test: {findings.Probes.Count(p => findings.SelfTest(p) == SelfTestState.Green)} of {findings.Probes.Count} green");
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join("; ", parts)}; {findings.Elapsed.TotalSeconds:0.0} s");
    }

    /// <summary>Of one level.</summary>
    public static string Of(Findings findings, LevelRun level) => string.Join(", ", findings.Probes.GroupBy(p => Judge.Of(Findings.Of(level, p)))
        .OrderBy(g => g.Key).Select(g => $"{g.Count()} {Judge.Words(g.Key)}"));
}
