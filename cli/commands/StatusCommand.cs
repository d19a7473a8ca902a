using System.Text;

namespace Isolation.Cli;

/// <summary><c>isolation status</c>.</summary>
internal static class StatusCommand
{
    /// <summary>Prints how the service is.</summary>
    public static int Run(ProcessInput input, CommandLine line)
        => ServiceCall.Ask(ServiceAddress.Of(input, line), Requests.Status, answer =>
        {
            if (line.Has("--json"))
                JsonLine.Print(answer);
            else
                Output.Write(Text(answer));
            return ExitCode.Done;
        });

    private static string Text(JsonView status)
    {
        Columns facts = new();
        facts.Add("service", status["service"u8].Text + (status["draining"u8].IsTrue ? ", draining: no new payloads; it ends when none is left" : ""));
        facts.Add("site", status["site"u8].Text);
        facts.Add("policy", status["policyEpoch"u8].Text);
        facts.Add("warden", Part(status["warden"u8]));
        facts.Add("ledger", Part(status["ledger"u8]));
        string positions = string.Join(", ", status["positions"u8].Members.Select(p => $"{PayloadText.Number(p.Value)} {p.Name}"));
        facts.Add("running", PayloadText.Number(status["running"u8]) + (positions.Length > 0 ? $" ({positions})" : ""));
        if (status["waiting"u8].Number is not null)
            facts.Add("waiting", $"{PayloadText.Number(status["waiting"u8])}, to be set up");
        foreach (JsonView stock in status["warmRooms"u8].Items)
            facts.Add("warm rooms", Stock(stock));
        facts.Add("accounts", $"{PayloadText.Number(status["lent"u8])} lent, {PayloadText.Number(status["quarantined"u8])} in quarantine");
        return new StringBuilder(facts.Text()).Append('\n').Append(LevelsText.Of(status["levels"u8])).ToString();
    }

    private static string Stock(JsonView stock)
        => $"{PayloadText.Number(stock["ready"u8])} {stock["level"u8].Text} {stock["kind"u8].Text}"
            + (stock["oldestSeconds"u8].Number is long age ? $", the oldest for {age} s" : "")
            + $"; {PayloadText.Number(stock["hits"u8])} payloads found one, {PayloadText.Number(stock["misses"u8])} did not";

    private static string Part(JsonView part) => $"{(part["ready"u8].IsTrue ? "ready" : "not ready")}: {part["detail"u8].Text}";
}
