using System.Globalization;
using System.Text;

namespace Isolation.Probes;

/// <summary>The findings for a terminal: a line for each probe, then the evidence of what did not hold.</summary>
internal static class TableText
{
    public static string Of(Findings findings)
    {
        StringBuilder text = new();
        List<string[]> rows = [["PROBE", .. findings.Levels.Select(l => l.Name.ToUpperInvariant()), "SELF-TEST", "TRIES TO"]];
        foreach (Probe probe in findings.Probes)
            rows.Add([probe.Id, .. findings.Levels.Select(l => l.Fault is null ? Judge.Words(Judge.Of(Findings.Of(l, probe))) : "-"), Word(findings.SelfTest(probe)), probe.Tries]);
        int[] widths = [.. Enumerable.Range(0, rows[0].Length - 1).Select(c => rows.Max(r => r[c].Length))];
        foreach (string[] row in rows)
        {
            for (int c = 0; c < widths.Length; c++)
                text.Append(row[c].PadRight(widths[c] + 2));
            text.Append(row[^1]).Append('\n');
        }

        foreach (LevelRun level in findings.Levels)
        {
            if (level.Fault is not null)
                text.Append(CultureInfo.InvariantCulture, $"\n{level.Name}: {level.Fault}\n");
            foreach (Attempt attempt in level.Attempts.Where(a => a.Outcome is Outcome.Broke or Outcome.Failed or Outcome.ByPolicy))
                text.Append(CultureInfo.InvariantCulture, $"{level.Name} {attempt.Probe} {Words(attempt.Outcome)}: {attempt.Tried}: {attempt.Seen}\n");
        }

        foreach (Attempt attempt in findings.Probes.Where(p => findings.SelfTest(p) == SelfTestState.Red).SelectMany(findings.Unseparated))
            text.Append(CultureInfo.InvariantCulture, $"self-test {attempt.Probe} {Words(attempt.Outcome)}: {attempt.Tried}: {attempt.Seen}\n");
        return text.Append(CultureInfo.InvariantCulture, $"\n{Summary.Of(findings)}\n").ToString();
    }

    public static string Words(Outcome outcome) => outcome switch
    {
        Outcome.Held => "held",
        Outcome.Broke => "broke",
        Outcome.ByPolicy => "allowed by policy",
        Outcome.NotApplicable => "not applicable",
        _ => "failed",
    };

    public static string Word(SelfTestState state) => state switch
    {
        SelfTestState.Green => "green",
        SelfTestState.Red => "RED",
        SelfTestState.NotHere => "not here",
        SelfTestState.NotPossible => "none",
        _ => "-",
    };
}
