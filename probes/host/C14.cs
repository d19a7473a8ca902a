using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>C14. Nothing beyond the loopback is contacted: routes are looked at.</summary>
internal static class C14
{
    private const int SOCK_RAW = 3, AF_PACKET = 17, AF_VSOCK = 40, AF_ALG = 38, SO_BINDTODEVICE = 25, SO_MARK = 36;

    public static readonly Probe Probe = new("C14", "use the network as more than a plain user: raw sockets, low ports, the host's loopback, the cloud's metadata", Run);

    private static void Run(Attack attack)
    {
        foreach ((string what, int family, int type, int protocol) in new[]
        {
            ("raw IP socket", Sockets.AF_INET, SOCK_RAW, 255), ("raw ICMP socket", Sockets.AF_INET, SOCK_RAW, 1), ("packet socket (ARP)", AF_PACKET, SOCK_RAW, 0x0608),
        })
        {
            nint fd = KernelCall.Invoke(Nr.socket, family, type, protocol);
            attack.Refused(what, fd);
            if (fd >= 0)
                Kernel.Close(fd);
        }

        int floor = int.TryParse(Kernel.Text("/proc/sys/net/ipv4/ip_unprivileged_port_start").Trim(), out int start) ? start : 1024;
        using (NativeBuffer low = Sockets.Loopback(floor > 1 ? Math.Min(floor - 1, 813) : 1))
        {
            nint fd = Sockets.Listen(Sockets.AF_INET, Sockets.SOCK_STREAM, low);
            if (floor <= 1)
                attack.Missing("listen on a port below 1024", "the host opens them to all");
            else
                attack.Refused($"listen on port {Math.Min(floor - 1, 813)} of the loopback", fd);
        }

        nint plain = KernelCall.Invoke(Nr.socket, Sockets.AF_INET, Sockets.SOCK_STREAM, 0);
        using NativeBuffer mark = new(4);
        mark.Int(0) = 7;
        attack.Refused("SO_MARK", plain < 0 ? plain : KernelCall.Invoke(Nr.setsockopt, plain, 1, SO_MARK, mark.Address, 4));
        nint machine = KernelCall.Invoke(Nr.socket, AF_VSOCK, Sockets.SOCK_STREAM, 0);
        if (machine < 0)
            attack.Held("vsock socket", ErrnoName.Of(-machine));
        else
            attack.ByPolicy("vsock socket", "made: the hypervisor's services can be addressed");

        bool same = NamespaceLink.Of("net") == attack.Target["pilot.ns.net"];
        int listening = Kernel.Text("/proc/net/tcp").Split('\n').Count(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 3 } f && f[3] == "0A");
        if (same)
            attack.ByPolicy("compare its network namespace with the pilot's", $"the same; {listening} listening TCP ports are shown, and batch daemons on the loopback can be reached as the pilot can");
        else
            attack.Held("compare its network namespace with the pilot's", "another one");
        string[] routes = [.. Kernel.Text("/proc/net/route").Split('\n').Skip(1).Select(l => l.Split('\t')).Where(f => f.Length > 7 && f[1] is "00000000").Select(f => f[0])];
        if (routes.Length > 0)
            attack.ByPolicy("look for a route to 169.254.169.254", "a default route leads there by " + string.Join(' ', routes) + ": the host's firewall decides");
        else
            attack.Held("look for a route to 169.254.169.254", "none");
    }
}
