namespace Isolation.Cli;

/// <summary><c>isolation doctor</c>.</summary>
internal static class DoctorCommand
{
    /// <summary>Prints what the service finds; where nobody answers, what this program sees by itself.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        byte[] socket = ServiceAddress.Of(input, line);
        return ServiceCall.Ask(socket, to => Requests.Doctor(to, RunOptions.Entries(input.Environment)), answer =>
        {
            Print(line, answer);
            return answer["ready"u8].IsTrue ? ExitCode.Done : ExitCode.SomethingMissing;
        }, cause =>
        {
            Print(line, new JsonView(OwnChecks.Diagnose(input, socket, cause).Written));
            return ExitCode.Unavailable;
        });
    }

    private static void Print(CommandLine line, JsonView diagnosed)
    {
        if (line.Has("--json"))
            JsonLine.Print(diagnosed);
        else
            Output.Write(DiagnosisText.Of(diagnosed));
    }
}
