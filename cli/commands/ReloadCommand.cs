namespace Isolation.Cli;

/// <summary><c>isolation policy reload</c>.</summary>
internal static class ReloadCommand
{
    /// <summary>Lets the service read its policy file again; prints what the service says to it.</summary>
    public static int Run(ProcessInput input, CommandLine line)
        => ServiceCall.Ask(ServiceAddress.Of(input, line), Requests.ReloadPolicy, ServiceCall.Note);
}
