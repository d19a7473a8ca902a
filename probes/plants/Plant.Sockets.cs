using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

internal sealed partial class Plant
{
    private readonly List<(nint Fd, bool Datagrams, string Secret)> _sockets = [];

    private void PlantSockets()
    {
        PlantUnix("abstract", "@" + Name, Sockets.SOCK_STREAM);
        PlantUnix("abstract.packets", "@" + Name + "-p", Sockets.SOCK_SEQPACKET);
        PlantUnix("socket", $"{_directory}/socket", Sockets.SOCK_STREAM);
        PlantUnix("tmp.socket", $"/tmp/{Name}.socket", Sockets.SOCK_STREAM);
        foreach ((string key, int type) in new[] { ("tcp", Sockets.SOCK_STREAM), ("udp", Sockets.SOCK_DGRAM) })
        {
            using NativeBuffer address = Sockets.Loopback(0);
            nint fd = Sockets.Listen(Sockets.AF_INET, type, address);
            if (fd < 0)
                continue;
            _sockets.Add((fd, type == Sockets.SOCK_DGRAM, New(key)));
            _told[key] = Text(Sockets.Port(fd));
        }
    }

    private void PlantUnix(string key, string address, int type)
    {
        using NativeBuffer to = Sockets.Unix(address);
        nint fd = Sockets.Listen(Sockets.AF_UNIX, type, to);
        if (fd < 0)
            return;
        _sockets.Add((fd, false, New(key.Replace('.', '-'))));
        _told[key] = address;
        if (address.StartsWith('@'))
            return;
        Kernel.OnPath(Nr.chmod, address, 0x1ff);
        _files.Add(address);
    }

    // Until the input ends. Each line of it is answered with whether everything is as it was.
    private void Serve()
    {
        PollEntry[] entries = [new PollEntry { Wanted = PollEvents.In }, .. _sockets.Select(s => new PollEntry { Number = (int)s.Fd, Wanted = PollEvents.In })];
        Span<byte> input = stackalloc byte[256];
        using Descriptor standardInput = new(0);
        while (true)
        {
            Sys.Poll(entries, -1);
            if (entries[0].Seen != PollEvents.None)
            {
                if (Sys.TryRead(standardInput, input, out _) <= 0)
                    return;
                Print(Touched());
            }

            for (int i = 0; i < _sockets.Count; i++)
            {
                if (entries[i + 1].Seen != PollEvents.None)
                    Answer(_sockets[i]);
            }
        }
    }

    private static void Answer((nint Fd, bool Datagrams, string Secret) socket)
    {
        byte[] secret = Encoding.ASCII.GetBytes(socket.Secret);
        if (!socket.Datagrams)
        {
            nint peer = KernelCall.Invoke(Nr.accept, socket.Fd);
            if (peer < 0)
                return;
            Sockets.Send(peer, secret);
            Kernel.Close(peer);
            return;
        }

        using NativeBuffer received = new(512), from = new(128), length = new(4), answer = new(secret);
        length.Int(0) = 128;
        if (KernelCall.Invoke(Nr.recvfrom, socket.Fd, received.Address, received.Length, 0, from.Address, length.Address) >= 0)
            KernelCall.Invoke(Nr.sendto, socket.Fd, answer.Address, answer.Length, 0, from.Address, length.Int(0));
    }
}
