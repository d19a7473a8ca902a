namespace Isolation.Cli;

/// <summary><c>isolation kill</c>.</summary>
internal static class KillCommand
{
    /// <summary>Sends a signal to a payload.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        string? name = line.Text("--signal", line.Faults);
        int signal = name is null ? ForwardedSignals.Terminate : SignalNames.Parse(name);
        if (signal == 0)
            line.Faults.Add($"--signal {name} is no signal. Fix: give a number from 1 to 64, or a name such as TERM.");
        List<string> handles = ServiceAddress.Handles(input, line);
        if (line.Faults.Count > 0)
            return Dispatch.Usage(line);
        string id = System.Text.Encoding.UTF8.GetString(line.Operands[0].Span);
        return ServiceCall.AskWithHandles(
            ServiceAddress.Of(input, line), handles, (to, handle) => Requests.Signal(to, id, signal, handle), Done);
    }

    private static int? Done(JsonView answer)
    {
        // Sent is not done: whoever waits for the payload's end would wait for the batch system.
        if (answer["suspended"u8].IsTrue)
            Output.Error($"isolation: {answer["note"u8].Text}.");
        return ExitCode.Done;
    }
}
