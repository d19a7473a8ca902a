using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C3.</summary>
internal static class C3
{
    private static readonly string[] Known =
    [
        "/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/podman/podman.sock", "/run/libvirt/libvirt-sock",
        "/run/libvirt/virtqemud-sock", "/var/lib/lxd/unix.socket", "/run/lxd.socket", "/var/snap/lxd/common/lxd/unix.socket", "/run/incus/unix.socket", "/run/buildkit/buildkitd.sock",
    ];

    public static readonly Probe Probe = new("C3", "talk to container engines and hypervisors of the host", Run);

    private static void Run(Attack attack)
    {
        int there = 0;
        foreach (string socket in Known)
        {
            nint fd = Sockets.ConnectUnix(socket);
            if (fd == -Errno.ENOENT)
                continue;
            there++;
            attack.Refused("connect to " + socket, fd);
        }

        if (there == 0)
            attack.Missing("connect to an engine's socket", $"none of {Known.Length} known ones is there");
    }
}
