using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Isolation.Guest.Runner;

/// <summary>The words that a .trx file has for them.</summary>
internal enum TestOutcome
{
    Passed,
    Failed,
    NotExecuted,
}

/// <summary>What became of one test.</summary>
/// <param name="Name">With its arguments, where it has some.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Seconds">How long it ran.</param>
/// <param name="Message">Why it failed or was skipped.</param>
/// <param name="Trace">Where it failed.</param>
internal sealed record TestResult(string Name, TestOutcome Outcome, decimal Seconds, string Message, string? Trace);

/// <summary>Results as they come: one line each on standard output, and all of them in a .trx file.</summary>
internal sealed class TestResults
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
    private readonly List<TestResult> _results = [];

    public int Failed => Count(TestOutcome.Failed);

    public string Summary => string.Create(
        CultureInfo.InvariantCulture, $"{Count(TestOutcome.Passed)} passed, {Failed} failed, {Count(TestOutcome.NotExecuted)} skipped");

    public void Add(TestResult result)
    {
        string sign = result.Outcome switch { TestOutcome.Passed => "ok", TestOutcome.Failed => "FAILED", _ => "skipped" };
        lock (_results)
        {
            _results.Add(result);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sign} {result.Seconds:0.0} s {result.Name}"));
            if (result.Outcome != TestOutcome.Passed)
                Console.WriteLine($"    {result.Message}\n{result.Trace}");
        }
    }

    public void Write(string file)
        => new XDocument(new XElement(Trx + "TestRun", new XElement(Trx + "Results", _results.Select(Element)))).Save(file);

    private int Count(TestOutcome outcome) => _results.Count(r => r.Outcome == outcome);

    private static XElement Element(TestResult result) => new(
        Trx + "UnitTestResult",
        new XAttribute("testName", Printable(result.Name)),
        new XAttribute("outcome", result.Outcome.ToString()),
        new XAttribute("duration", TimeSpan.FromSeconds((double)result.Seconds).ToString("c", CultureInfo.InvariantCulture)),
        result.Outcome == TestOutcome.Passed ? null : new XElement(
            Trx + "Output",
            new XElement(
                Trx + "ErrorInfo",
                new XElement(Trx + "Message", Printable(result.Message)),
                new XElement(Trx + "StackTrace", Printable(result.Trace ?? "")))));

    // XML has no way to write most control characters.
    private static string Printable(string text)
    {
        StringBuilder printable = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            printable.Append(Rune.IsControl(rune) && rune.Value is not '\n' and not '\t' ? "?" : rune.ToString());
        return printable.ToString();
    }
}
