using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>Where the service is, and which payloads the caller can prove its own.</summary>
internal static class ServiceAddress
{
    /// <summary>The socket: --socket, else ISOLATION_SOCKET, else the usual place.</summary>
    public static byte[] Of(ProcessInput input, CommandLine line)
        => (line.Value("--socket") ?? input.Variable("ISOLATION_SOCKET"u8))?.ToArray() ?? "/run/isolation/isolation.sock"u8.ToArray();

    private const int LongestFile = 4096;

    /// <summary>The handles: every --handle and that of --handle-file, else ISOLATION_HANDLE; several are separated by commas. What is wrong is added to the line's faults.</summary>
    public static List<string> Handles(ProcessInput input, CommandLine line)
    {
        List<string> handles = [];
        List<ReadOnlyMemory<byte>> given = [.. line.Values("--handle")];
        if (line.Value("--handle-file") is { } file && FromFile(file, line.Faults) is { } read)
            given.Add(read);
        if (given.Count == 0 && input.Variable("ISOLATION_HANDLE"u8) is { } variable)
            given.Add(variable);
        foreach (ReadOnlyMemory<byte> list in given)
            handles.AddRange(System.Text.Encoding.UTF8.GetString(list.Span).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return handles;
    }

    // The last word, so that what `run --detach` printed will do.
    private static byte[]? FromFile(ReadOnlyMemory<byte> path, List<string> faults)
    {
        string name = Printable.Of(path.Span);
        using Descriptor? file = Sys.TryOpen(null, path.Span, Sys.O_RDONLY | Sys.O_NOCTTY, 0, out int errno);
        byte[] text = new byte[LongestFile];
        int length = file is null ? -1 : Sys.TryRead(file, text, out errno);
        if (length < 0)
        {
            faults.Add($"--handle-file {name} cannot be read: {ErrnoText.Of(errno)}. Fix: name a file that ends with the payload's handle.");
            return null;
        }

        ReadOnlySpan<byte> words = text.AsSpan(0, length).Trim(" \t\r\n"u8);
        if (words.IsEmpty)
            faults.Add($"--handle-file {name} is empty. Fix: name a file that ends with the payload's handle.");
        return words[(words.LastIndexOfAny(" \t\r\n"u8) + 1)..].ToArray();
    }
}
