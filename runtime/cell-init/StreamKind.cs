using Isolation.Linux;

namespace Isolation.CellInit;

/// <summary>Which descriptors may become a payload's standard streams. Told without a word to the file's server.</summary>
internal static class StreamKind
{
    private const int TtyMajorFirst = 4;     // tty, ttyS
    private const int TtyMajorSecond = 5;    // /dev/tty, /dev/console
    private const int PtyMajorFirst = 136;   // Unix98 pseudo-terminals
    private const int PtyMajorLast = 143;
    private const long DevNull = (1L << 32) | 3;

    /// <summary>What it is, for one that may not be passed; null for one that may.</summary>
    internal static string? WhyRefused(Descriptor stream, long pilotEndInode)
    {
        if ((Sys.StatusFlags(stream) & Sys.O_PATH) != 0)
            return "an O_PATH descriptor";
        FileStatus status = Sys.CachedStatus(stream);
        return status.Kind switch
        {
            FileKind.Regular or FileKind.Fifo => null,
            FileKind.Socket => Sys.StatusOf(stream).Inode == pilotEndInode ? "the pilot's channel itself" : null,
            FileKind.Character => IsTerminal(status.DeviceOfNode) || status.DeviceOfNode == DevNull ? null : "a character device that is neither a terminal nor /dev/null",
            FileKind.Directory => "a directory",
            FileKind.Block => "a block device",
            FileKind.Link => "a symbolic link",
            _ => "of no kind that may be passed (regular file, pipe, terminal, socket, /dev/null)",
        };
    }

    private static bool IsTerminal(long device)
        => (int)(device >> 32) is TtyMajorFirst or TtyMajorSecond or (>= PtyMajorFirst and <= PtyMajorLast);
}
