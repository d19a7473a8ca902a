using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

/// <summary>A socket of the Unix domain. Blocking, unless said otherwise; close-on-exec.</summary>
public sealed partial class UnixSocket : Descriptor
{
    private const int AF_UNIX = 1;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int AddressSize = 110;

    /// <summary>Takes over a connected or listening socket.</summary>
    public UnixSocket(int number) : base(number) { }

    /// <summary>A connected pair.</summary>
    public static unsafe (UnixSocket Left, UnixSocket Right) Pair(UnixSocketKind kind)
    {
        int* pair = stackalloc int[2];
        return SocketPairRaw(AF_UNIX, (int)kind | SOCK_CLOEXEC, 0, pair) == 0
            ? (new UnixSocket(pair[0]), new UnixSocket(pair[1]))
            : throw SyscallException.FromLastError("socketpair", kind.ToString());
    }

    /// <summary>A socket that listens on a path, which must not exist; its mode is the umask's.</summary>
    public static UnixSocket Listen(UnixSocketKind kind, string path, int backlog)
    {
        UnixSocket socket = New(kind);
        try
        {
            if (WithAddress(socket, path, BindRaw) != 0)
                throw SyscallException.FromLastError("bind", path, "Remove what is there, or choose another run directory.");
            if (ListenRaw(socket, backlog) != 0)
                throw SyscallException.FromLastError("listen", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket connected to a path.</summary>
    public static UnixSocket Connect(UnixSocketKind kind, string path)
    {
        UnixSocket socket = New(kind);
        int errno;
        do
            errno = WithAddress(socket, path, ConnectRaw) == 0 ? 0 : Marshal.GetLastPInvokeError();
        while (errno == Errno.EINTR);
        if (errno == 0)
            return socket;
        socket.Dispose();
        throw new SyscallException("connect", path, errno);
    }

    /// <summary>The next connection; waits for it.</summary>
    public unsafe UnixSocket Accept()
    {
        while (true)
        {
            int fd = Accept4Raw(this, null, null, SOCK_CLOEXEC);
            if (fd >= 0)
                return new UnixSocket(fd);
            if (Marshal.GetLastPInvokeError() is not (Errno.EINTR or Errno.ECONNRESET or 103 /* ECONNABORTED */))
                throw SyscallException.FromLastError("accept4", "listener");
        }
    }

    /// <summary>Ends both directions; a thread that waits on the socket wakes up.</summary>
    public void Shutdown() => _ = ShutdownRaw(this, 2);

    private static UnixSocket New(UnixSocketKind kind)
    {
        int fd = SocketRaw(AF_UNIX, (int)kind | SOCK_CLOEXEC, 0);
        return fd >= 0 ? new UnixSocket(fd) : throw SyscallException.FromLastError("socket", kind.ToString());
    }

    private delegate int AddressCall(Descriptor fd, ReadOnlySpan<byte> address, uint length);

    private static int WithAddress(UnixSocket socket, string path, AddressCall call)
    {
        Span<byte> address = stackalloc byte[AddressSize];
        address.Clear();
        address[0] = AF_UNIX;
        if (Encoding.UTF8.GetByteCount(path) > AddressSize - 3)
            throw new SyscallException("socket address", path, Errno.EINVAL, "A socket's path has at most 107 bytes: choose a shorter run directory.");
        int length = Encoding.UTF8.GetBytes(path, address[2..]);
        return call(socket, address, (uint)(length + 3));
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketRaw(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static unsafe partial int SocketPairRaw(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int BindRaw(Descriptor fd, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int ConnectRaw(Descriptor fd, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int ListenRaw(Descriptor fd, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static unsafe partial int Accept4Raw(Descriptor fd, void* address, void* length, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int ShutdownRaw(Descriptor fd, int how);
}

/// <summary>How a socket of the Unix domain transports (unix(7)).</summary>
public enum UnixSocketKind
{
    /// <summary>A stream of bytes.</summary>
    Stream = 1,

    /// <summary>Whole messages, in order.</summary>
    SeqPacket = 5,
}
