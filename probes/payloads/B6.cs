using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B6. With the pilot's network, which policy may give, the loopback is shared.</summary>
internal static class B6
{
    public static readonly Probe Probe = new("B6", "reach the victim's and the pilot's services on the loopback", Run);

    private static void Run(Attack attack)
    {
        foreach (string role in new[] { "victim", "pilot" })
        {
            nint stream = Sockets.ConnectLoopback(attack.Target.Number(role + ".tcp"));
            Tell(attack, $"TCP to the {role}", stream);
            nint datagrams = Sockets.ConnectLoopback(attack.Target.Number(role + ".udp"), Sockets.SOCK_DGRAM);
            if (datagrams >= 0)
                Sockets.Send(datagrams, "hello"u8);
            Tell(attack, $"UDP to the {role}", datagrams);
        }
    }

    private static void Tell(Attack attack, string tried, nint fd)
    {
        if (fd < 0)
        {
            attack.Held(tried, ErrnoName.Of(-fd));
            return;
        }

        byte[] answer = Sockets.Take(fd);
        if (Secret.Find(answer, attack.Target.Run) is { } secret)
            attack.ByPolicy(tried, $"the network is shared: read {secret}");
        else
            attack.Held(tried, "no answer " + Encoding.ASCII.GetString(answer));
    }
}
