using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C10.</summary>
internal static class C10
{
    public static readonly Probe Probe = new("C10", "replace, link or add files where the pilot and the service write", Run);

    private static void Run(Attack attack)
    {
        string pilot = attack.Target["pilot.dir"], run = attack.Target["service.run"];
        foreach (string directory in new[] { pilot, run, run + "/front", run + "/rooms", Path.GetDirectoryName(run) ?? "/" })
        {
            string planted = $"{directory.TrimEnd('/')}/separation-{attack.Target.Run}-planted";
            nint linked = Kernel.OnPaths(Nr.symlink, "/etc/passwd", planted);
            Kernel.Remove(planted);
            if (linked != -Errno.ENOENT)
                attack.Refused("plant a link in " + directory, linked);
        }

        string status = pilot + "/status-0";
        foreach (string file in new[] { status, run + "/unanswered", run + "/isolation.sock" })
        {
            // Onto itself: permitted or not, nothing changes.
            nint renamed = Kernel.OnPaths(Nr.rename, file, file);
            if (renamed is 0)
                renamed = Kernel.TryOpen(Path.GetDirectoryName(file)! + $"/separation-{attack.Target.Run}-x", Sys.O_WRONLY | Sys.O_CREAT, 0x180);
            Kernel.Remove(Path.GetDirectoryName(file)! + $"/separation-{attack.Target.Run}-x");
            if (renamed != -Errno.ENOENT)
                attack.Refused("replace " + file, renamed);
        }

        for (int stream = 1; stream <= 2; stream++)
        {
            string link = new FileInfo($"/proc/self/fd/{stream}").LinkTarget ?? "";
            if (link.StartsWith('/') && link != "/dev/null")
                attack.Refused($"open stream {stream}, {link}, anew for writing", Kernel.TryOpen(link, Sys.O_RDWR));
        }
    }
}
