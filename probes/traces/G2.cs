using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>G2.</summary>
internal static class G2
{
    private static readonly string[] Ways =
    [
        "/run/systemd/private", "/run/dbus/system_bus_socket", "/run/munge/munge.socket.2", "/var/run/munge/munge.socket.2", "/run/atd.sock", "/var/spool/postfix/public/pickup", "/run/crond.reboot",
    ];

    private static readonly string[] Spools =
        ["/var/spool/cron/crontabs", "/var/spool/cron/atjobs", "/var/spool/at", "/var/spool/cron", "/var/mail", "/etc/cron.d", "/var/lib/systemd/linger"];

    public static readonly Probe Probe = new("G2", "have something run later or elsewhere: at, cron, systemd, batch, mail, ssh to this host", Run);

    private static void Run(Attack attack)
    {
        foreach (string way in Ways.Where(Path.Exists))
            attack.Refused("connect to " + way, Sockets.ConnectUnix(way));
        foreach (string spool in Spools.Where(Directory.Exists))
        {
            string file = $"{spool}/separation-{attack.Target.Run}-later";
            nint made = Kernel.TryOpen(file, Sys.O_CREAT | Sys.O_EXCL | Sys.O_WRONLY, 0x180);
            Kernel.Remove(file);
            attack.Refused("make a file in " + spool, made);
        }

        nint ssh = Sockets.ConnectLoopback(22);
        if (ssh < 0)
            attack.Held("connect to ssh on the loopback", ErrnoName.Of(-ssh));
        else
            attack.ByPolicy("connect to ssh on the loopback", "listens: a login needs a credential, which the payload has only if it brought one");
    }
}
