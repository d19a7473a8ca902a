using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B15.</summary>
internal static class B15
{
    private const int LOCK_SH_NB = 5, F_SETLEASE = 1024;

    public static readonly Probe Probe = new("B15", "signal others through locks on files that all may read", Run);

    private static void Run(Attack attack)
    {
        foreach (string path in new[] { "/etc/passwd", "/usr/bin/env", "/proc/self/ns/user", "/proc/self/ns/net" })
        {
            nint fd = Kernel.Open(path, Sys.O_RDONLY);
            if (fd < 0)
            {
                attack.Held("open " + path, ErrnoName.Of(-fd));
                continue;
            }

            nint locked = KernelCall.Invoke(Nr.flock, fd, LOCK_SH_NB);
            if (locked < 0)
                attack.Held("flock " + path, ErrnoName.Of(-locked));
            else
                attack.ByPolicy("flock " + path, "a covert channel of a bit at a time: reported, not blocked");
            if (path == "/etc/passwd")
                attack.Refused("lease on " + path, KernelCall.Invoke(Nr.fcntl, fd, F_SETLEASE, 0 /* F_RDLCK */));
            Kernel.Close(fd);
        }
    }
}
