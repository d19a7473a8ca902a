using System.Text;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// The streams of a payload that does not end with its client: /dev/null, or the files named. Never the client's own: it would hold the caller's pipes and
/// terminal when the client has gone, and the client's standard output tells id and handle.
/// </summary>
internal sealed class DetachedStreams : IDisposable
{
    private const uint NewFile = 0x1b6; // 0666, less the umask: as a shell's > makes it
    private readonly Descriptor[] _all;

    private DetachedStreams(Descriptor[] all) => _all = all;

    /// <summary>Standard input, output and error.</summary>
    public int[] Numbers => [.. _all.Select(stream => stream.Number)];

    /// <summary>Opens them, with the caller's rights, as a shell would; null where nothing is detached, or with a fault.</summary>
    public static DetachedStreams? Open(RunOptions options, byte openStreams, ICollection<string> faults)
    {
        if (!options.Detach)
            return null;
        int before = faults.Count;
        if ((openStreams & 2) == 0 && options.StatusDescriptor is null && options.StatusFile is null)
            faults.Add("--detach tells the payload's id and handle on standard output, which is closed. Fix: open it, or give --status-file.");
        Descriptor?[] all =
        [
            TryOpen("--stdin", options.StandardInput, Sys.O_RDONLY, faults),
            TryOpen("--stdout", options.StandardOutput, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_TRUNC, faults),
            IsOne(options) ? null : TryOpen("--stderr", options.StandardError, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_TRUNC, faults),
        ];
        if (faults.Count == before)
            return new DetachedStreams([all[0]!, all[1]!, all[2] ?? all[1]!.Duplicate()]);
        foreach (Descriptor? stream in all)
            stream?.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Descriptor stream in _all)
            stream.Dispose();
    }

    // Opened twice, each would write over what the other has written.
    private static bool IsOne(RunOptions options)
        => options is { StandardOutput: { } output, StandardError: { } error } && output.Span.SequenceEqual(error.Span);

    private static Descriptor? TryOpen(string option, ReadOnlyMemory<byte>? path, int flags, ICollection<string> faults)
    {
        ReadOnlyMemory<byte> name = path ?? "/dev/null"u8.ToArray();
        Descriptor? file = Sys.TryOpen(null, name.Span, flags | Sys.O_NOCTTY, NewFile, out int errno);
        if (file is null)
            faults.Add($"{option} {Encoding.UTF8.GetString(name.Span)} cannot be opened: {ErrnoText.Of(errno)}. Fix: name a file that you can {(flags == Sys.O_RDONLY ? "read" : "write")}.");
        return file;
    }
}
