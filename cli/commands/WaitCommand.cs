using System.Text;

namespace Isolation.Cli;

/// <summary><c>isolation wait</c>.</summary>
internal static class WaitCommand
{
    /// <summary>Waits for a payload's ending; the exit code is that of its <c>run</c>.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        List<string> handles = ServiceAddress.Handles(input, line);
        if (line.Faults.Count > 0)
            return Dispatch.Usage(line);
        string id = Encoding.UTF8.GetString(line.Operands[0].Span);
        byte[] socket = ServiceAddress.Of(input, line);
        if (!line.Has("--forward-signals"))
            return new EndingWait(socket, id, handles, signals: null).Run();
        ForwardedSignals.DeafenOtherThreads();
        using ForwardedSignals signals = ForwardedSignals.Take();
        return new EndingWait(socket, id, handles, signals).Run();
    }
}
