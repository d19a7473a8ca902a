namespace Isolation.Daemon;

/// <summary>The service cannot be started like this; the message says why and what to do.</summary>
internal sealed class LaunchException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How the program ends.</summary>
    public int ExitCode { get; } = exitCode;
}
