namespace Isolation.Cli;

/// <summary><c>isolation trace</c>: the records as they come, without holding them.</summary>
internal static class TraceCommand
{
    private const int TimeWidth = 30;
    private const int TypeWidth = 16;

    /// <summary>Prints a line for each record.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        string? payload = line.Text("--payload", line.Faults);
        long? uid = line.Number("--uid", 0, uint.MaxValue, line.Faults);
        if (line.Faults.Count > 0)
            return Dispatch.Usage(line);
        bool json = line.Has("--json");
        if (!json)
            Output.Write(Line("SEQ", "TIME", "TYPE", "PAYLOAD", "WHAT"));
        return ServiceCall.Ask(ServiceAddress.Of(input, line), to => Requests.Trace(to, payload, uid), answer =>
        {
            if (answer["type"u8].Text != "record")
                return ExitCode.Done;
            JsonView record = answer["record"u8];
            if (json)
                JsonLine.Print(record);
            else
                Output.Write(Line(PayloadText.Number(record["seq"u8]), record["time"u8].Text, record["type"u8].Text, record["payload"u8].Text, What(record)));
            return null;
        });
    }

    private static string Line(string? sequence, string? time, string? type, string? payload, string what)
        => Printable.Of($"{sequence,8}  {(time ?? "-").PadRight(TimeWidth)}{(type ?? "-").PadRight(TypeWidth)}{(payload ?? "-").PadRight(38)}{what}") + "\n";

    /// <summary>The members that differ from record to record, as one sentence of names and values.</summary>
    private static string What(JsonView record)
    {
        List<string> parts = [];
        if (record["what"u8].Text is { } what)
            parts.Add(what);
        foreach ((string name, JsonView value) in record["details"u8].Members)
            parts.Add($"{name} {value.Text}");
        if (record["why"u8].Text is { } why)
            parts.Add(why);
        if (record["pid"u8].Number is long pid)
            parts.Add($"pid {pid}");
        if (record["pilot"u8]["uid"u8].Number is long pilot)
            parts.Add(PayloadText.RecordedJob(record["pilot"u8]["job"u8]) is { } job ? $"pilot {pilot} in {job}" : $"pilot {pilot}");
        if (!record["account"u8].IsMissing)
            parts.Add($"as {PayloadText.Account(record["account"u8])}");
        if (record["decision"u8]["rule"u8].Text is { } rule)
            parts.Add($"rule {rule}");
        if (record["cause"u8].Text is { } cause)
            parts.Add($"cause {cause}");
        if (record["count"u8].Number is long count)
            parts.Add($"{count} times");
        if (!record["ending"u8].IsMissing)
            parts.Add(PayloadText.Ending(record["ending"u8]));
        return parts.Count > 0 ? string.Join(", ", parts) : "";
    }
}
