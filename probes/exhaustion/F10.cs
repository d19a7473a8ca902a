using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>F10. Nothing is flooded.</summary>
internal static class F10
{
    public static readonly Probe Probe = new("F10", "use up what the network shares: ports, connection tracking, buffers", Run);

    private static void Run(Attack attack)
    {
        using NativeBuffer size = new(4);
        size.Int(0) = 64 << 20;
        nint socket = KernelCall.Invoke(Nr.socket, Sockets.AF_INET, Sockets.SOCK_DGRAM, 0);
        foreach ((string name, int option) in new[] { ("SO_SNDBUFFORCE", 32), ("SO_RCVBUFFORCE", 33), ("SO_PRIORITY 7", 12) })
        {
            if (option == 12)
                size.Int(0) = 7;
            attack.Refused(name, socket < 0 ? socket : KernelCall.Invoke(Nr.setsockopt, socket, 1, option, size.Address, 4));
        }

        if (NamespaceLink.Of("net") == attack.Target["pilot.ns.net"])
            attack.ByPolicy("share ports and connection tracking with the pilot", "the same network namespace: what the pilot can use up, it can");
        else
            attack.Held("share ports and connection tracking with the pilot", "a network namespace of its own");
    }
}
