using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>Makes the directories of the service, each with its owner and mode (design.md section 2).</summary>
internal static class ServiceDirectories
{
    private const uint ForAllToEnter = 0x1ed; // 0755
    private const uint ForTheServiceAlone = 0x1e8; // 0750
    private const uint ForRootAlone = 0x1c0; // 0700
    private const uint ToPassThrough = 0x1c9; // 0711

    /// <summary>Makes all of them, and the link by which clients know the socket.</summary>
    public static void Make(ServicePaths paths, uint uid, uint gid)
    {
        foreach (string root in (string[])[paths.Run, paths.State])
            if (Path.GetDirectoryName(root) is { Length: > 0 } above)
                Directory.CreateDirectory(above);

        Sys.OwnDirectory(paths.Run, ForAllToEnter, 0, 0);
        Sys.OwnDirectory(paths.State, ForAllToEnter, 0, 0);
        Sys.OwnDirectory(paths.RunFront, ForAllToEnter, uid, gid);
        Sys.OwnDirectory(paths.Ledger, ForTheServiceAlone, uid, gid);
        Sys.OwnDirectory(paths.StateFront, ForTheServiceAlone, uid, gid);
        Sys.OwnDirectory(paths.Rooms, ForRootAlone, 0, 0);
        Sys.OwnDirectory(paths.StateWarden, ForRootAlone, 0, 0);
        Sys.OwnDirectory(paths.Scratch, ToPassThrough, 0, 0);

        FileInfo link = new(paths.SocketLink);
        string target = Path.GetRelativePath(paths.Run, paths.Socket);
        if (link.LinkTarget == target)
            return;
        File.Delete(paths.SocketLink);
        File.CreateSymbolicLink(paths.SocketLink, target);
    }
}
