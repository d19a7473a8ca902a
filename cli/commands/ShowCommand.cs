namespace Isolation.Cli;

/// <summary><c>isolation show</c>.</summary>
internal static class ShowCommand
{
    /// <summary>Prints what there is to know about one payload.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        string id = System.Text.Encoding.UTF8.GetString(line.Operands[0].Span);
        List<string> handles = ServiceAddress.Handles(input, line);
        if (line.Faults.Count > 0)
            return Dispatch.Usage(line);
        return ServiceCall.AskWithHandles(ServiceAddress.Of(input, line), handles, (to, handle) => Requests.Show(to, id, handle), answer =>
        {
            JsonView payload = answer["payload"u8];
            if (line.Has("--json"))
                JsonLine.Print(payload);
            else
                Output.Write(PayloadText.All(payload));
            return ExitCode.Done;
        });
    }
}
