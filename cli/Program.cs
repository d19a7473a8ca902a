using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>The command <c>isolation</c> (docs/cli.md).</summary>
internal static class Program
{
    private static int Main()
    {
        // First of all: whatever is opened before this could become a standard stream of the payload.
        byte openStreams = Sys.PlugStandardStreams();
        Output.OpenStreams = openStreams;
        try
        {
            return ProcessInput.TryRead(openStreams, out string fault) is { } input ? Dispatch.Run(input) : FailureLine.Of(ExitCode.SetupFailed, fault);
        }
        catch (BrokenPipeException)
        {
            return ExitCode.BrokenPipe;
        }
    }
}
