using System.Text;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// What the site has answered beforehand for the case that nobody answers: the file <c>unanswered</c> beside the socket, one
/// line <c>pilot-may-run: yes</c> or <c>no</c>. Believed only when it is a regular file of root's that nobody else can write.
/// </summary>
internal static class Unanswered
{
    private const int MaxSize = 256;

    /// <summary>Tells that nobody answers, on stderr and in syslog; the exit code is the site's answer.</summary>
    /// <param name="socket">The socket that was tried.</param>
    /// <param name="cause">What was seen.</param>
    /// <param name="mayRun">The site's answer.</param>
    public static int Report(ReadOnlySpan<byte> socket, string cause, out bool mayRun)
    {
        byte[] file = FileBeside(socket);
        string name = Encoding.UTF8.GetString(file);
        bool? answer = Read(file, out string detail);
        mayRun = answer == true;
        string line = FailureLine.Sentence(
            $"unavailable: nobody answers on {Encoding.UTF8.GetString(socket)} ({cause}); " + answer switch
            {
                true => $"the site lets the pilot run the payload itself ({name})",
                false => $"the site does not let the pilot run the payload itself ({name})",
                null => $"what the site wants then is not known ({name}: {detail}), so the pilot must not run the payload itself",
            },
            "Start isolationd on this node, or name its socket with --socket or ISOLATION_SOCKET");
        _ = Sys.TrySyslog("isolation", Printable.Of(line));
        return FailureLine.Of(mayRun ? ExitCode.PilotMayRun : ExitCode.Unavailable, line);
    }

    /// <summary>The path of the file that belongs to a socket.</summary>
    public static byte[] FileBeside(ReadOnlySpan<byte> socket) => [.. socket[..(socket.LastIndexOf((byte)'/') + 1)], .. "unanswered"u8];

    /// <summary>The answer in the file; null, with the reason, when there is none to believe.</summary>
    public static bool? Read(ReadOnlySpan<byte> file, out string detail)
    {
        // O_NONBLOCK: a FIFO of that name must not hold up anybody.
        using Descriptor? open = Sys.TryOpen(null, file, Sys.O_RDONLY | Sys.O_NOFOLLOW | Sys.O_NONBLOCK | Sys.O_NOCTTY, 0, out int errno);
        if (open is null)
        {
            detail = errno == Errno.ELOOP ? "a symbolic link, not followed" : ErrnoText.Of(errno);
            return null;
        }

        FileStatus status = Sys.StatusOf(open);
        detail = status switch
        {
            { Kind: not FileKind.Regular } => "not a regular file",
            { Uid: not 0 } => $"owned by uid {status.Uid}, not by root",
            _ when (status.Mode & 0b010_010) != 0 => "writable by others than root",
            _ => "",
        };
        if (detail.Length > 0)
            return null;

        Span<byte> text = stackalloc byte[MaxSize];
        int length = Math.Max(Sys.TryRead(open, text, out _), 0);
        ReadOnlySpan<byte> line = text[..length].Trim(" \t\r\n"u8);
        if (line.SequenceEqual("pilot-may-run: yes"u8))
            return true;
        if (line.SequenceEqual("pilot-may-run: no"u8))
            return false;
        detail = "neither `pilot-may-run: yes` nor `pilot-may-run: no`";
        return null;
    }
}
