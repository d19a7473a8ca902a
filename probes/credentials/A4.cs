using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A4.</summary>
internal static class A4
{
    private const int F_GETFD = 1;

    public static readonly Probe Probe = new("A4", "find descriptors above 2, or a working directory, that the start has left open", Run) { Place = Place.MainProcess };

    private static void Run(Attack attack)
    {
        int inherited = 0;
        foreach (string name in Kernel.Names("/proc/self/fd"))
        {
            // What this process opened itself is close-on-exec; what came over the exec is not.
            if (!int.TryParse(name, out int fd) || fd <= 2 || KernelCall.Invoke(Nr.fcntl, fd, F_GETFD) != 0)
                continue;
            inherited++;
            attack.Broke($"look at descriptor {fd}", "open: " + (new FileInfo($"/proc/self/fd/{fd}").LinkTarget ?? "?"));
        }

        if (inherited == 0)
            attack.Held("look at every descriptor above 2", "none was inherited");
        string directory = Directory.GetCurrentDirectory();
        if (directory.StartsWith(attack.Target["pilot.dir"], StringComparison.Ordinal))
            attack.Broke("look at the working directory", directory);
        else
            attack.Held("look at the working directory", directory);
        for (int stream = 0; stream < 3; stream++)
        {
            nint up = Kernel.OnPath(Nr.open, $"/proc/self/fd/{stream}/..", Sys.O_RDONLY);
            attack.Refused($"go up from descriptor {stream}", up);
        }
    }
}
