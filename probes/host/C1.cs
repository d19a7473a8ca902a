using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C1. Nothing is written: a file is opened for writing, or made empty and removed at once.</summary>
internal static class C1
{
    private const string RootsHome = "/root";

    private static readonly string[] Files =
    [
        "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/hosts", "/etc/crontab", "/etc/ld.so.cache", "/etc/profile", "/usr/bin/env", RootsHome + "/.bashrc", RootsHome + "/.ssh/authorized_keys",
    ];

    private static readonly string[] Directories =
    [
        "/", "/etc", "/etc/cron.d", "/etc/profile.d", "/etc/systemd/system", "/etc/sudoers.d", "/usr/bin", "/usr/lib", "/usr/local/bin", "/opt", "/home", RootsHome, RootsHome + "/.ssh", "/var/lib",
        "/var/log", "/var/cache", "/var/spool/cron", "/var/spool/cron/crontabs", "/run", "/run/lock", "/srv", "/boot", "/mnt", "/dev",
    ];

    public static readonly Probe Probe = new("C1", "write the host's files and directories", Run);

    private static void Run(Attack attack)
    {
        foreach (string file in Files)
        {
            nint opened = Kernel.TryOpen(file, Sys.O_WRONLY);
            if (opened != -Errno.ENOENT)
                attack.Refused($"open {file} for writing", opened);
        }

        foreach (string directory in Directories)
            Make(attack, directory);
        Make(attack, Path.GetDirectoryName(Programs.Separation) ?? "/");
        Make(attack, "/proc/1/root/etc");
    }

    private static void Make(Attack attack, string directory)
    {
        string path = $"{directory.TrimEnd('/')}/separation-{attack.Target.Run}-written";
        nint made = Kernel.TryOpen(path, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL, 0x180);
        if (made >= 0)
            Kernel.Remove(path);
        if (made != -Errno.ENOENT)
            attack.Refused("make a file in " + directory, made);
    }
}
