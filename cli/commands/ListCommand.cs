namespace Isolation.Cli;

/// <summary><c>isolation ps</c>.</summary>
internal static class ListCommand
{
    /// <summary>Prints a line for each payload.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        List<string> handles = ServiceAddress.Handles(input, line);
        return line.Faults.Count > 0 ? Dispatch.Usage(line) : Ask(input, line, handles);
    }

    private static int Ask(ProcessInput input, CommandLine line, List<string> handles)
        => ServiceCall.Ask(ServiceAddress.Of(input, line), to => Requests.List(to, handles), answer =>
        {
            List<JsonView> payloads = answer["payloads"u8].Items;
            if (line.Has("--json"))
            {
                foreach (JsonView payload in payloads)
                    JsonLine.Print(payload);
                return ExitCode.Done;
            }

            Columns table = new("ID", "STATE", "PILOT", "JOB", "SUBJECT", "LEVEL", "PLACE", "ACCOUNT", "PID", "SINCE", "COMMAND");
            foreach (JsonView p in payloads)
            {
                table.Add(p["id"u8].Text, p["state"u8].Text, PayloadText.Number(p["pilotUid"u8]), PayloadText.Job(p["job"u8]), p["subject"u8].Text, PayloadText.Level(p),
                    p["placement"u8]["position"u8].Text, PayloadText.Account(p["account"u8]), PayloadText.Number(p["pid"u8]), p["since"u8].Text, p["command"u8].Text);
            }

            return Output.Write(table.Text());
        });
}
