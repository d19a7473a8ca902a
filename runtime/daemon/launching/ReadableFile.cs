using System.Text;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>Whether an account can read a file, by the modes of the file and of the directories above it. Access lists are not looked at.</summary>
internal static class ReadableFile
{
    private const uint Read = 4;
    private const uint Search = 1;

    /// <summary>Null when it can; otherwise what is in the way.</summary>
    public static string? Obstacle(string path, uint uid, uint gid)
    {
        string resolved = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        for (string? directory = Path.GetDirectoryName(resolved); directory is not null; directory = Path.GetDirectoryName(directory))
            if (!Allows(directory, Search, uid, gid))
                return directory;
        return Allows(resolved, Read, uid, gid) ? null : resolved;
    }

    private static bool Allows(string path, uint bit, uint uid, uint gid)
    {
        if (Sys.TryStatusAt(null, Encoding.UTF8.GetBytes(path), out _) is not { } status)
            return false;
        if (status.Kind == FileKind.Link)
            return true; // a link in the middle of the path: what it leads to is found out when the file is opened
        int shift = status.Uid == uid ? 6 : status.Gid == gid ? 3 : 0;
        return ((status.Mode >> shift) & bit) != 0;
    }
}
