using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>E5.</summary>
internal static class E5
{
    private static readonly string[] Places = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/var/lock", "/dev/mqueue", "/var/crash", "/run/screen", "/var/spool/cron/atjobs", "/var/spool/cron/crontabs"];

    public static readonly Probe Probe = new("E5", "leave files where all may write, timers and jobs, behind on the host", Run)
    {
        Place = Place.Alone,
        After = attack => Leftover.Files(attack, Places.Select(p => $"{p}/{Name(attack)}")),
    };

    private static void Run(Attack attack)
    {
        int made = Places.Count(place => Kernel.TryOpen($"{place}/{Name(attack)}", Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL, 0x1b6) >= 0);
        attack.Missing("leave files in places that all may write", $"{made} made");
        foreach (string socket in new[] { "/run/atd.sock", "/run/cron.sock", "/run/systemd/private" })
        {
            if (Path.Exists(socket))
                attack.Refused("connect to " + socket, Sockets.ConnectUnix(socket));
        }
    }

    private static string Name(Attack attack) => $"separation-{attack.Target.Run}-e5";
}
