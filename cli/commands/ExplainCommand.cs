namespace Isolation.Cli;

/// <summary><c>isolation policy explain</c>.</summary>
internal static class ExplainCommand
{
    /// <summary>Prints the decision that a run would get; the exit code is that of the run where it would not be admitted.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        RunOptions options = RunOptions.From(line);
        long? uid = line.Number("--uid", 0, uint.MaxValue, line.Faults);
        if (line.Faults.Count > 0)
            return Dispatch.Usage(line);
        return ServiceCall.Ask(ServiceAddress.Of(input, line), to => Requests.Explain(to, options, RunOptions.Entries(input.Environment), uid), answer =>
        {
            if (line.Has("--json"))
                JsonLine.Print(answer);
            else
                Output.Write(Text(answer));
            return answer["decision"u8].Text switch
            {
                "admit" => ExitCode.Done,
                "refuse" => ExitCode.Refused,
                _ => ExitCode.Unavailable,
            };
        });
    }

    private static string Text(JsonView explained)
    {
        Columns facts = new();
        foreach ((string name, JsonView value) in explained.Members)
        {
            if (name is not ("type" or "trail") && value.Text is { } text)
                facts.Add(name, text);
        }

        if (!explained["limits"u8].IsMissing)
            facts.Add("limits", PlacementText.Limits(explained["limits"u8]));
        if (!explained["demand"u8].IsMissing)
            facts.Add("place", PlacementText.Demand(explained["demand"u8]));

        string survey = explained["survey"u8].IsMissing ? "" : "\n" + SurveyText.Of(explained["survey"u8]);
        return facts.Text() + "\n" + string.Concat(explained["trail"u8].Items.Select((s, i) => Printable.Of($"{i + 1}. {s.Text}") + "\n")) + survey;
    }
}
