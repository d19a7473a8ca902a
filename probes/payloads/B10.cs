using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B10.</summary>
internal static class B10
{
    public static readonly Probe Probe = new("B10", "open graphics processors and accelerators that are not assigned", Run);

    private static void Run(Attack attack)
    {
        string[] devices = [.. Kernel.Names("/dev").Where(n => n.StartsWith("nvidia", StringComparison.Ordinal) || n is "kfd").Select(n => "/dev/" + n),
            .. Kernel.Names("/dev/dri").Select(n => "/dev/dri/" + n), .. Kernel.Names("/dev/accel").Select(n => "/dev/accel/" + n)];
        if (devices.Length == 0)
            attack.Missing("open a graphics processor", "this host has none");
        foreach (string device in devices)
        {
            nint opened = Kernel.TryOpen(device, Sys.O_RDWR);
            if (opened < 0)
                attack.Held("open " + device, ErrnoName.Of(-opened));
            else
                attack.ByPolicy("open " + device, "opened: granted, if the pilot's cgroup has it too");
        }
    }
}
