namespace Isolation.Cli;

/// <summary>Where the service is, and which payloads the caller can prove its own.</summary>
internal static class ServiceAddress
{
    /// <summary>The socket: --socket, else ISOLATION_SOCKET, else the usual place.</summary>
    public static byte[] Of(ProcessInput input, CommandLine line)
        => (line.Value("--socket") ?? input.Variable("ISOLATION_SOCKET"u8))?.ToArray() ?? "/run/isolation/isolation.sock"u8.ToArray();

    /// <summary>The handles: every --handle, else ISOLATION_HANDLE; several are separated by commas.</summary>
    public static List<string> Handles(ProcessInput input, CommandLine line)
    {
        List<string> handles = [];
        List<ReadOnlyMemory<byte>> given = [.. line.Values("--handle")];
        if (given.Count == 0 && input.Variable("ISOLATION_HANDLE"u8) is { } variable)
            given.Add(variable);
        foreach (ReadOnlyMemory<byte> list in given)
            handles.AddRange(System.Text.Encoding.UTF8.GetString(list.Span).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return handles;
    }
}
