using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SO_SNDTIMEO = 21;
    private const int SocketAddressPath = 108; // sun_path of sockaddr_un

    /// <summary>
    /// Connects to a socket of the Unix domain, and lets neither that nor any later send on it take longer than the patience
    /// given: a listener whose queue is full, or a peer that does not read, cannot hold up the caller for ever (SO_SNDTIMEO).
    /// </summary>
    /// <returns>Null, with the error number: EAGAIN when the time was over, EINVAL for a path of more than 107 bytes.</returns>
    public static unsafe UnixSocket? TryConnectWithin(UnixSocketKind kind, ReadOnlySpan<byte> path, int seconds, out int errno)
    {
        byte* address = stackalloc byte[2 + SocketAddressPath];
        new Span<byte>(address, 2 + SocketAddressPath).Clear();
        errno = Errno.EINVAL;
        if (path.Length is 0 or >= SocketAddressPath)
            return null;
        *(ushort*)address = 1; // AF_UNIX
        path.CopyTo(new Span<byte>(address + 2, SocketAddressPath));

        if (TrySocketWithin(kind, seconds, out errno) is not UnixSocket socket)
            return null;
        int result;
        do
            result = ConnectRaw(socket, address, (uint)(2 + path.Length + 1));
        while (result != 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
        errno = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (errno == 0)
            return socket;
        socket.Dispose();
        return null;
    }

    /// <summary>A socket that is not connected yet, on which neither connecting nor sending takes longer than the patience given.</summary>
    /// <returns>Null, with the error number.</returns>
    public static unsafe UnixSocket? TrySocketWithin(UnixSocketKind kind, int seconds, out int errno)
    {
        int fd = SocketNumberRaw(1, (int)kind | O_CLOEXEC, 0);
        errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (fd < 0)
            return null;
        UnixSocket socket = new(fd);
        long* patience = stackalloc long[2]; // struct timeval
        patience[0] = seconds;
        patience[1] = 0;
        if (SetSockOptRaw(socket, SOL_SOCKET, SO_SNDTIMEO, patience, 2 * sizeof(long)) == 0)
            return socket;
        errno = Marshal.GetLastPInvokeError();
        socket.Dispose();
        return null;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketNumberRaw(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static unsafe partial int ConnectRaw(Descriptor fd, byte* address, uint length);
}
