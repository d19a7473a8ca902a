using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C6. Files are opened, never written.</summary>
internal static class C6
{
    private static readonly string[] Written =
    [
        "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches", "/proc/sys/net/ipv4/ip_forward",
        "/proc/sys/fs/binfmt_misc/register", "/proc/irq/default_smp_affinity", "/proc/bus/pci/devices", "/sys/kernel/uevent_helper", "/sys/power/state", "/sys/kernel/mm/ksm/run",
        "/sys/module/printk/parameters/time", "/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
    ];

    private static readonly string[] Read = ["/proc/kcore", "/proc/kpagecount", "/proc/kpageflags", "/proc/1/environ", "/proc/1/maps", "/sys/firmware/dmi/tables/DMI", "/sys/firmware/acpi/tables/FACP"];

    public static readonly Probe Probe = new("C6", "open the kernel's switches in /proc and /sys for writing, and its memory for reading", Run);

    private static void Run(Attack attack)
    {
        foreach (string file in Written)
        {
            nint opened = Kernel.TryOpen(file, Sys.O_WRONLY);
            if (opened != -Errno.ENOENT)
                attack.Refused($"open {file} for writing", opened);
        }

        foreach (string file in Read)
        {
            if (file.StartsWith("/proc/1/", StringComparison.Ordinal) && Kernel.StatusField(Kernel.Text("/proc/1/status"), "Uid").Split('\t')[0] is not "0")
                continue;
            nint opened = Kernel.TryOpen(file, Sys.O_RDONLY);
            if (opened != -Errno.ENOENT)
                attack.Refused("open " + file, opened);
        }
    }
}
