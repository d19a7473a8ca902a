using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SOCK_DGRAM_NONBLOCK = 2 | O_NONBLOCK;
    private const int LOG_DAEMON_WARNING = (3 << 3) | 4;

    /// <summary>Leaves one line with the host's syslog (a datagram to /dev/log, RFC 3164), if it is there and listens; never waits.</summary>
    /// <returns>True when it was taken.</returns>
    public static bool TrySyslog(string program, string line)
    {
        int fd = SocketNumberRaw(1, SOCK_DGRAM_NONBLOCK | O_CLOEXEC, 0);
        if (fd < 0)
            return false;
        using Descriptor socket = new(fd);
        return ConnectLog(socket)
            && TrySend(socket, Encoding.UTF8.GetBytes($"<{LOG_DAEMON_WARNING}>{program}[{GetPidRaw()}]: {line}"), [], out _) > 0;
    }

    private static unsafe bool ConnectLog(Descriptor socket)
    {
        ReadOnlySpan<byte> address = "\x01\0/dev/log\0"u8; // struct sockaddr_un
        fixed (byte* first = address)
            return ConnectRaw(socket, first, (uint)address.Length) == 0;
    }
}
