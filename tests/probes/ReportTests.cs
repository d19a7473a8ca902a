using System.Text.Json;
using System.Text.RegularExpressions;

namespace Isolation.Probes.Tests;

/// <summary>Promise: both reports tell every probe with its verdict and evidence, where and on what it was made, and need nothing else to be read.</summary>
[Collection(ClassicRunTests.Name)]
public sealed class ReportTests(ClassicRun run)
{
    [SkippableFact]
    public void TheJsonReportHasItsForm()
    {
        JsonElement root = run.Json;
        Assert.Equal(1, root.GetProperty("version").GetInt32());
        foreach (string fact in new[] { "kernel", "cgroups", "service", "policy epoch", "time", "pilot uid" })
            Assert.NotEqual("", root.GetProperty("host").GetProperty(fact).GetString());
        foreach (JsonElement probe in root.GetProperty("probes").EnumerateArray())
        {
            Assert.NotEqual("", probe.GetProperty("tries").GetString());
            JsonElement level = Assert.Single(probe.GetProperty("levels").EnumerateArray());
            Assert.Contains(level.GetProperty("verdict").GetString(), new[] { "held", "broke", "not applicable", "differs by policy", "unknown" });
            foreach (JsonElement attempt in level.GetProperty("attempts").EnumerateArray())
            {
                Assert.NotEqual("", attempt.GetProperty("tried").GetString());
                Assert.NotEqual("", attempt.GetProperty("seen").GetString());
                Assert.Contains(attempt.GetProperty("outcome").GetString(), new[] { "held", "broke", "not applicable", "allowed by policy", "failed" });
            }
        }

        Assert.All(root.GetProperty("notYet").EnumerateArray(), p => Assert.NotEqual("", p.GetProperty("why").GetString()));
    }

    [SkippableFact]
    public void NothingIsUnknown()
        => Assert.Empty(run.Json.GetProperty("probes").EnumerateArray()
            .Where(p => p.GetProperty("levels").EnumerateArray().Single().GetProperty("verdict").GetString() == "unknown").Select(p => p.ToString()));

    [SkippableFact]
    public void ThePageNeedsNothingElse()
    {
        string page = run.Html;
        Assert.DoesNotMatch(new Regex("<(script|link|img|iframe|object)|https?://|url\\(|@import|\\bon[a-z]+=\"", RegexOptions.IgnoreCase), page);
        Assert.StartsWith("<!DOCTYPE html>", page, StringComparison.Ordinal);
        foreach (string tag in new[] { "html", "head", "body", "main", "style", "details", "summary", "table", "tr", "td", "section", "div", "span", "p", "ul", "li", "code" })
            Assert.Equal(Regex.Count(page, $"<{tag}[ >]"), Regex.Count(page, $"</{tag}>"));
        foreach (Probe probe in ProbeCatalog.All)
            Assert.Contains($"<details id=\"{probe.Id}\"", page, StringComparison.Ordinal);
        Assert.True(page.All(c => c is '\n' or >= ' ' and not '\u007f'), "a control character is in the page");
    }

    [Fact]
    public void WhatAPayloadPrintsCannotForgeThePage()
    {
        Attempt hostile = AttemptLine.Parse("""{"probe":"A1","tried":"<script>x</script>\u001b[2J","outcome":"Held","seen":"a\nb\u202e\"'&"}""")!;
        LevelRun level = new("setuid", [hostile], null, null, null, true, TimeSpan.Zero);
        Findings findings = new([ProbeCatalog.Find("A1")], null, false, [level], [], TimeSpan.Zero);
        string page = System.Text.Encoding.UTF8.GetString(HtmlReport.Of(findings));
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;x&lt;/script&gt;\\x1b[2J", page, StringComparison.Ordinal);
        Assert.True(page.All(char.IsAscii));
        Assert.DoesNotContain("\u001b", TableText.Of(findings), StringComparison.Ordinal);
    }
}
