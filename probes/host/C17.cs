using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C17. What the service wrote for the payload is its own, and what it wrote of the payload is nowhere in its reach.</summary>
internal static class C17
{
    public static readonly Probe Probe = new("C17", "find files that a privileged process made for it with rights of somebody else", Run);

    private static void Run(Attack attack)
    {
        long uid = KernelCall.Invoke(Nr.getuid), gid = KernelCall.Invoke(Nr.getgid);
        foreach (string path in new[] { Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariable("TMPDIR") ?? "", Environment.GetEnvironmentVariable("HOME") ?? "" }.Distinct())
        {
            nint fd = path.Length > 0 ? Kernel.Open(path, Sys.O_PATH) : -Errno.ENOENT;
            if (fd < 0)
                continue;
            using Descriptor held = new((int)fd);
            FileStatus status = Sys.StatusOf(held);
            bool closed = (status.Mode & 0x3f) == 0;
            if (status.Uid == uid && status.Gid == gid && closed && uid != 0)
                attack.Held($"look at {path}", $"uid {status.Uid}, gid {status.Gid}, closed to others");
            else
                attack.Broke($"look at {path}", $"uid {status.Uid}, gid {status.Gid}, mode {Convert.ToString(status.Mode & 0xfff, 8)}, and it is uid {uid}, gid {gid}");
        }
    }
}
