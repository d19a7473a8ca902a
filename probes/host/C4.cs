using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C4.</summary>
internal static class C4
{
    // What any program may need.
    private static readonly string[] Harmless = ["null", "zero", "full", "random", "urandom", "tty", "ptmx"];

    // What a site may grant.
    private static readonly string[] Granted = ["kvm", "fuse", "vhost-vsock", "vhost-net", "vsock"];

    public static readonly Probe Probe = new("C4", "make device nodes, and open those of the host", Run);

    private static void Run(Attack attack)
    {
        string node = $"separation-{attack.Target.Run}-node";
        foreach ((string what, int mode, int device) in new[] { ("a block device", 0x6180, 0xfe00), ("a character device", 0x2180, 0x0101) })
        {
            nint made = Kernel.OnPath(Nr.mknod, node, mode, device);
            attack.Refused("make " + what, made);
            Kernel.Remove(node);
        }

        int refused = 0;
        foreach (string name in Kernel.Names("/dev").Concat(Kernel.Names("/dev/net").Select(n => "net/" + n)).Concat(Kernel.Names("/dev/mapper").Select(n => "mapper/" + n)))
        {
            string path = "/dev/" + name;
            // Opening a watchdog arms it.
            if (Harmless.Contains(name) || name.StartsWith("watchdog", StringComparison.Ordinal) || IsStream(path) || !IsDevice(path))
                continue;
            nint opened = Kernel.TryOpen(path, Sys.O_RDONLY);
            if (opened < 0)
                refused++;
            else if (Granted.Contains(name))
                attack.ByPolicy("open " + path, "opened");
            else
                attack.Broke("open " + path, "opened for reading");
        }

        attack.Held("open every other device node in /dev", $"{refused} refused");
        foreach (string tree in new[] { "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/fs/pstore", "/sys/firmware/efi/efivars" })
        {
            if (Directory.Exists(tree) && Kernel.Names(tree).Length > 0)
                attack.Broke("list " + tree, "is readable");
        }
    }

    private static bool IsDevice(string path)
        => Kernel.Open(path, Sys.O_PATH | Sys.O_NOFOLLOW) is var fd && fd >= 0 && Kind((int)fd) is FileKind.Block or FileKind.Character;

    private static FileKind Kind(int fd)
    {
        using Descriptor held = new(fd);
        return Sys.StatusOf(held).Kind;
    }

    private static bool IsStream(string path) => path is "/dev/stdin" or "/dev/stdout" or "/dev/stderr" or "/dev/fd";
}
