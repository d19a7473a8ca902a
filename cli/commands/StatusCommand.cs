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
        facts.Add("service", status["service"u8].Text);
        facts.Add("site", status["site"u8].Text);
        facts.Add("policy", status["policyEpoch"u8].Text);
        facts.Add("warden", Part(status["warden"u8]));
        facts.Add("ledger", Part(status["ledger"u8]));
        string positions = string.Join(", ", status["positions"u8].Members.Select(p => $"{PayloadText.Number(p.Value)} {p.Name}"));
        facts.Add("running", PayloadText.Number(status["running"u8]) + (positions.Length > 0 ? $" ({positions})" : ""));
        if (status["waiting"u8].Number is not null)
            facts.Add("waiting", $"{PayloadText.Number(status["waiting"u8])}, to be set up");
        facts.Add("accounts", $"{PayloadText.Number(status["lent"u8])} lent, {PayloadText.Number(status["quarantined"u8])} in quarantine");
        return new StringBuilder(facts.Text()).Append('\n').Append(LevelsText.Of(status["levels"u8])).ToString();
    }

    private static string Part(JsonView part) => $"{(part["ready"u8].IsTrue ? "ready" : "not ready")}: {part["detail"u8].Text}";
}
