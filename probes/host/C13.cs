using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C13.</summary>
internal static class C13
{
    public static readonly Probe Probe = new("C13", "have helpers of autofs, CVMFS and FUSE act for it as root", Run);

    private static void Run(Attack attack)
    {
        List<string> sockets = [];
        foreach (string directory in new[] { "/var/lib/cvmfs/shared", "/var/lib/cvmfs", "/var/run/cvmfs", "/run/autofs" })
            sockets.AddRange(Kernel.Names(directory).Where(n => n.Contains("io", StringComparison.Ordinal) || n.Contains("fifo", StringComparison.Ordinal)).Select(n => $"{directory}/{n}"));
        foreach (string socket in sockets)
            attack.Refused("connect to " + socket, Sockets.ConnectUnix(socket));

        // Mounting a FUSE file system needs fusermount's set-id, the device and mount(2).
        nint device = Kernel.Open("/dev/fuse", Sys.O_RDWR);
        if (device < 0)
        {
            attack.Held("mount a FUSE file system", "no /dev/fuse: " + ErrnoName.Of(-device));
        }
        else
        {
            using NativeBuffer source = new("fuse"), target = new("."), type = new("fuse"),
                options = new($"fd={device},rootmode=40000,user_id={KernelCall.Invoke(Nr.getuid)},group_id={KernelCall.Invoke(Nr.getgid)}");
            nint mounted = KernelCall.Invoke(Nr.mount, source.Address, target.Address, type.Address, 6, options.Address);
            if (mounted >= 0)
                KernelCall.Invoke(Nr.umount2, target.Address, 2);
            attack.Refused("mount a FUSE file system on its scratch", mounted);
        }

        foreach (string control in new[] { "/dev/autofs", "/sys/fs/fuse/connections" })
        {
            if (Path.Exists(control))
                attack.Refused($"open {control} for writing", Kernel.TryOpen(control, Directory.Exists(control) ? Sys.O_RDONLY | Sys.O_DIRECTORY : Sys.O_RDWR) is var opened && opened >= 0 && Directory.Exists(control) && Kernel.Names(control).Length == 0 ? -Errno.ENOENT : opened);
        }
    }
}
