using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>What becomes of the client's own standard streams once the payload has them.</summary>
internal static class StandardStreams
{
    private const int AccessMode = 3; // O_ACCMODE
    private const uint WritableByAll = 0x192; // 0622: what others write into it they must not read from it

    /// <summary>
    /// Lets the payload's account open the streams for writing again by name, as scripts do that write to /dev/stderr: a pipe without a name belongs to who
    /// made it, and only who has a descriptor of it can name it at all. One that somebody else has made stays as it is, and so does everything that is no
    /// pipe. To read is never allowed: payloads of several users may share a pilot's pipe.
    /// </summary>
    /// <param name="open">Bit n is set when stream n is open.</param>
    public static void LetReopen(byte open)
    {
        for (int stream = 1; stream < 3; stream++)
        {
            if ((open & (1 << stream)) == 0 || new FileInfo($"/proc/self/fd/{stream}").LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) != true)
                continue;
            Descriptor own = new(stream);
            if ((Sys.StatusFlags(own) & AccessMode) != Sys.O_RDONLY)
                _ = Sys.TrySetMode(own, WritableByAll);
            _ = own.Release();
        }
    }

    /// <summary>
    /// Lets go of standard input and output where they are pipes or sockets: whoever is at their other end must see their end
    /// when the payload closes them, not when this client goes. Files and terminals have no such end and stay; standard error
    /// stays for the line on a failure.
    /// </summary>
    /// <param name="open">Bit n is set when stream n was open.</param>
    public static void Release(byte open)
    {
        Descriptor? nothing = null;
        for (int stream = 0; stream < 2; stream++)
        {
            if ((open & (1 << stream)) == 0)
                continue;
            Descriptor own = new(stream);
            FileKind kind = Sys.KindOf(own); // never asks the server of a file system that may sleep
            _ = own.Release();
            if (kind is not (FileKind.Fifo or FileKind.Socket))
                continue;
            nothing ??= Sys.TryOpen(null, "/dev/null"u8, Sys.O_RDWR, 0, out _);
            if (nothing is not null)
                Sys.ReplaceStandardStream(stream, nothing);
        }

        nothing?.Dispose();
    }
}
