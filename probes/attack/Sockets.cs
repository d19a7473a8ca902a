using System.Buffers.Binary;
using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>Sockets by raw calls: a connect that would wait long gives up after a second.</summary>
internal static class Sockets
{
    public const int AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_SEQPACKET = 5;
    private const int Flags = 0x80800; // SOCK_CLOEXEC | SOCK_NONBLOCK

    /// <summary>An address in the Unix domain; one that begins with @ is abstract.</summary>
    public static NativeBuffer Unix(string address)
    {
        byte[] name = Encoding.UTF8.GetBytes(address);
        NativeBuffer buffer = new(2 + name.Length + (address.StartsWith('@') ? 0 : 1));
        buffer.Span[0] = AF_UNIX;
        name.CopyTo(buffer.Span[2..]);
        if (address.StartsWith('@'))
            buffer.Span[2] = 0;
        return buffer;
    }

    /// <summary>An address of the loopback.</summary>
    public static NativeBuffer Loopback(int port)
    {
        NativeBuffer buffer = new(16);
        buffer.Span[0] = AF_INET;
        BinaryPrimitives.WriteUInt16BigEndian(buffer.Span[2..], (ushort)port);
        buffer.Span[4] = 127;
        buffer.Span[7] = 1;
        return buffer;
    }

    /// <summary>A listening socket, or a bound one where it is of datagrams.</summary>
    public static nint Listen(int family, int type, NativeBuffer address)
    {
        nint fd = KernelCall.Invoke(Nr.socket, family, type | Flags);
        if (fd < 0)
            return fd;
        nint result = KernelCall.Invoke(Nr.bind, fd, address.Address, address.Length);
        if (result >= 0 && type != SOCK_DGRAM)
            result = KernelCall.Invoke(Nr.listen, fd, 16);
        if (result >= 0)
            return fd;
        Kernel.Close(fd);
        return result;
    }

    /// <summary>A connected socket.</summary>
    public static nint Connect(int family, int type, NativeBuffer address)
    {
        nint fd = KernelCall.Invoke(Nr.socket, family, type | Flags);
        if (fd < 0)
            return fd;
        nint result = KernelCall.Invoke(Nr.connect, fd, address.Address, address.Length);
        if (result == -115) // EINPROGRESS
        {
            Span<PollEntry> one = [new PollEntry { Number = (int)fd, Wanted = PollEvents.Out }];
            result = Sys.Poll(one, 1000) > 0 ? KernelCall.Invoke(Nr.connect, fd, address.Address, address.Length) : -110;
        }

        if (result >= 0)
            return fd;
        Kernel.Close(fd);
        return result;
    }

    /// <summary>Connects, in the Unix domain.</summary>
    public static nint ConnectUnix(string address, int type = SOCK_STREAM)
    {
        using NativeBuffer to = Unix(address);
        return Connect(AF_UNIX, type, to);
    }

    /// <summary>Connects to a port of the loopback.</summary>
    public static nint ConnectLoopback(int port, int type = SOCK_STREAM)
    {
        using NativeBuffer to = Loopback(port);
        return Connect(AF_INET, type, to);
    }

    /// <summary>The port that a bound socket has.</summary>
    public static int Port(nint fd)
    {
        using NativeBuffer address = new(16), length = new(4);
        length.Int(0) = 16;
        return KernelCall.Invoke(Nr.getsockname, fd, address.Address, length.Address) < 0 ? -1 : BinaryPrimitives.ReadUInt16BigEndian(address.Span[2..]);
    }

    /// <summary>What comes within a second; the descriptor is closed.</summary>
    public static byte[] Take(nint fd, int milliseconds = 1000)
    {
        using Descriptor socket = new((int)fd);
        byte[] buffer = new byte[4096];
        if (Sys.Poll(socket, PollEvents.In, milliseconds) == PollEvents.None)
            return [];
        int count = Sys.TryRead(socket, buffer, out _);
        return count > 0 ? buffer[..count] : [];
    }

    /// <summary>Sends bytes.</summary>
    public static nint Send(nint fd, ReadOnlySpan<byte> bytes)
    {
        using NativeBuffer copy = new(bytes);
        return KernelCall.Invoke(Nr.sendto, fd, copy.Address, copy.Length, 0x4000 /* MSG_NOSIGNAL */);
    }
}
