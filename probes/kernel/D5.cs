using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>D5. What Landlock would have to hold is tried whether it is there or not: other means may hold it.</summary>
internal static class D5
{
    public static readonly Probe Probe = new("D5", "get around path rules: descriptors opened anew, links, renames, abstract sockets", Run);

    private static void Run(Attack attack)
    {
        nint version = KernelCall.Invoke(Nr.landlock_create_ruleset, 0, 0, 1);
        attack.Missing("ask for Landlock's version", version < 0 ? ErrnoName.Of(-version) : $"ABI {version}");
        foreach (string file in new[] { "/etc/passwd", "/usr/bin/env", Programs.Separation })
        {
            nint fd = Kernel.Open(file, Sys.O_RDONLY);
            if (fd < 0)
                continue;
            nint again = Kernel.TryOpen($"/proc/self/fd/{fd}", Sys.O_RDWR);
            attack.Refused($"open {file}, then the descriptor anew for writing", again == -26 /* ETXTBSY: it may, when nobody runs it */ ? 0 : again);
            attack.Refused($"fchmod {file}", KernelCall.Invoke(Nr.fchmod, fd, 0x1ed) is var changed && changed >= 0 ? 0 : changed);
            string link = $"separation-{attack.Target.Run}-hard";
            nint linked = Kernel.OnPaths(Nr.link, file, link);
            if (linked >= 0)
                linked = Kernel.TryOpen(link, Sys.O_RDWR) is var opened && opened == -26 ? 0 : opened;
            Kernel.Remove(link);
            attack.Refused($"make a hard link to {file} and open it for writing", linked);
            Kernel.Close(fd);
        }

        if (attack.Target.Has("pilot.abstract"))
            attack.Refused("connect to the pilot's abstract socket", Sockets.ConnectUnix(attack.Target["pilot.abstract"]));
    }
}
