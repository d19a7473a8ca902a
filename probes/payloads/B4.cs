using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B4.</summary>
internal static class B4
{
    public static readonly Probe Probe = new("B4", "meet the pilot and the victim in /tmp, /var/tmp and /dev/shm", Run);

    private static void Run(Attack attack)
    {
        Target target = attack.Target;
        foreach (string role in new[] { "pilot", "victim" })
        {
            foreach (string key in new[] { "tmp.marker", "vartmp.marker", "shm.marker" })
            {
                string path = target[$"{role}.{key}"];
                if (path.Length == 0)
                    continue;
                attack.Read(path);
                // The sticky bit protects the name, the mode 0666 not the content.
                attack.Refused($"open {path} for writing", Kernel.TryOpen(path, Sys.O_WRONLY));
                attack.Refused("make a hard link to " + path, Link(path));
                attack.Refused("rename " + path, Kernel.OnPaths(Nr.rename, path, path) == 0 && Path.Exists(path) ? Move(path) : -Errno.ENOENT);
            }
        }
    }

    private static nint Link(string path)
    {
        string link = path + "-link";
        nint result = Kernel.OnPaths(Nr.link, path, link);
        Kernel.Remove(link);
        return result;
    }

    // There and back again.
    private static nint Move(string path)
    {
        nint result = Kernel.OnPaths(Nr.rename, path, path + "-moved");
        if (result >= 0)
            Kernel.OnPaths(Nr.rename, path + "-moved", path);
        return result;
    }
}
