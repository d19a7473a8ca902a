using System.Globalization;
using System.Net;
using System.Text;

namespace Isolation.Probes;

/// <summary>The findings as one page that needs nothing else: no script, no address.</summary>
internal static class HtmlReport
{
    public static byte[] Of(Findings findings)
    {
        StringBuilder page = new("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Separation</title>\n<style>\n");
        page.Append(Style()).Append("</style></head>\n<body><main>\n<h1>Separation</h1>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p class=\"summary {(findings.IsGood ? "held" : "broke")}\">{(findings.IsGood ? "Nothing broke." : "Something broke, or is not known.")}</p>\n");
        Levels(page, findings);
        Facts(page, findings);
        page.Append("<h2>Probes</h2>\n");
        foreach (Probe probe in findings.Probes)
            Section(page, findings, probe);
        page.Append("<h2>Not tried, and why</h2>\n<ul>");
        foreach ((string id, string why) in ProbeCatalog.NotYet)
            page.Append(CultureInfo.InvariantCulture, $"<li><b>{id}</b> {Text(why)}</li>");
        return Encoding.UTF8.GetBytes(page.Append("</ul>\n</main></body></html>\n").ToString());
    }

    private static void Levels(StringBuilder page, Findings findings)
    {
        page.Append("<div class=\"cards\">\n");
        foreach (LevelRun level in findings.Levels)
        {
            page.Append(CultureInfo.InvariantCulture, $"<section class=\"card\"><h3>{Text(level.Name)}</h3>");
            if (level.Fault is not null)
                page.Append(CultureInfo.InvariantCulture, $"<p class=\"broke\">{Text(level.Fault)}</p>");
            else
                foreach (IGrouping<Verdict, Probe> group in findings.Probes.GroupBy(p => Judge.Of(Findings.Of(level, p))).OrderBy(g => g.Key))
                    page.Append(CultureInfo.InvariantCulture, $"<p><span class=\"badge {Class(group.Key)}\">{group.Count()}</span> {Judge.Words(group.Key)}</p>");
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"small\">attacker uid {level.Attacker?.Uid ?? -1}, victim uid {level.Victim?.Uid ?? -1}, {level.Elapsed.TotalSeconds:0.0} s</p></section>\n");
        }

        if (findings.Bare is not null)
        {
            page.Append("<section class=\"card\"><h3>self-tests</h3>");
            foreach (IGrouping<SelfTestState, Probe> group in findings.Probes.GroupBy(findings.SelfTest).OrderBy(g => g.Key))
                page.Append(CultureInfo.InvariantCulture, $"<p><span class=\"badge {(group.Key == SelfTestState.Red ? "broke" : group.Key == SelfTestState.Green ? "held" : "na")}\">{group.Count()}</span> {TableText.Word(group.Key)}</p>");
            page.Append("<p class=\"small\">green: the probe succeeds where nothing separates</p></section>\n");
        }

        page.Append("</div>\n");
    }

    private static void Facts(StringBuilder page, Findings findings)
    {
        page.Append("<table class=\"facts\">");
        foreach ((string key, string value) in findings.Host)
            page.Append(CultureInfo.InvariantCulture, $"<tr><th>{Text(key)}</th><td>{Text(value)}</td></tr>");
        page.Append("</table>\n");
    }

    private static void Section(StringBuilder page, Findings findings, Probe probe)
    {
        bool broke = findings.Levels.Any(l => l.Fault is null && (Judge.Of(Findings.Of(l, probe)) is Verdict.Broke or Verdict.Unknown));
        page.Append(CultureInfo.InvariantCulture, $"<details id=\"{probe.Id}\"{(broke ? " open" : "")}><summary><b>{probe.Id}</b> <span class=\"tries\">{Text(probe.Tries)}</span>");
        foreach (LevelRun level in findings.Levels.Where(l => l.Fault is null))
        {
            Verdict verdict = Judge.Of(Findings.Of(level, probe));
            page.Append(CultureInfo.InvariantCulture, $" <span class=\"badge {Class(verdict)}\" title=\"{Text(level.Name)}\">{Judge.Words(verdict)}</span>");
        }

        page.Append("</summary>\n");
        foreach (LevelRun level in findings.Levels.Where(l => l.Fault is null))
            Attempts(page, level.Name, Findings.Of(level, probe));
        if (findings.Bare is not null)
            Attempts(page, $"self-test ({TableText.Word(findings.SelfTest(probe))}{(probe.NoSelfTest is { } why ? ": " + why : "")})", findings.Unseparated(probe));
        page.Append("</details>\n");
    }

    private static void Attempts(StringBuilder page, string title, IReadOnlyList<Attempt> attempts)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h4>{Text(title)}</h4><div class=\"scroll\"><table class=\"evidence\">");
        foreach (Attempt attempt in attempts)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(attempt.Tried)}</td><td class=\"{Class(attempt.Outcome)}\">{TableText.Words(attempt.Outcome)}</td><td><code>{Text(attempt.Seen)}</code></td></tr>\n");
        page.Append("</table></div>\n");
    }

    private static string Class(Verdict verdict) => verdict switch
    {
        Verdict.Held => "held",
        Verdict.Broke or Verdict.Unknown => "broke",
        Verdict.DiffersByPolicy => "policy",
        _ => "na",
    };

    private static string Class(Outcome outcome) => outcome switch
    {
        Outcome.Held => "held",
        Outcome.Broke or Outcome.Failed => "broke",
        Outcome.ByPolicy => "policy",
        _ => "na",
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Style()
    {
        using Stream stream = typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
