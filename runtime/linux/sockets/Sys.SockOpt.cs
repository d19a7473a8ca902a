using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>Who connected, as SO_PEERCRED has it: effective ids at connect(2), and a pid that may be gone.</summary>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid);

public static partial class Sys
{
    private const int SO_PEERCRED = 17;
    private const int SO_PEERPIDFD = 77;
    private const int SO_PASSRIGHTS = 83;

    /// <summary>The credentials of whoever connected.</summary>
    public static unsafe PeerCredentials PeerCredentialsOf(Descriptor socket)
    {
        int* ucred = stackalloc int[3];
        uint length = 12;
        return GetSockOptRaw(socket, SOL_SOCKET, SO_PEERCRED, ucred, &length) == 0
            ? new PeerCredentials(ucred[0], (uint)ucred[1], (uint)ucred[2])
            : throw SyscallException.FromLastError("getsockopt", "SO_PEERCRED");
    }

    /// <summary>A pidfd of whoever connected (SO_PEERPIDFD, Linux 6.5), or null where the kernel lacks it or the process is gone and reaped.</summary>
    public static unsafe PidFd? TryPeerPidFd(Descriptor socket, out int errno)
    {
        int fd = -1;
        uint length = 4;
        bool failed = GetSockOptRaw(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &length) != 0;
        errno = failed ? Marshal.GetLastPInvokeError() : 0;
        return failed ? null : new PidFd(fd);
    }

    /// <summary>Makes sends that carry descriptors fail on this socket, or on those accepted from it (SO_PASSRIGHTS, Linux 6.16).</summary>
    /// <returns>False where the kernel lacks it.</returns>
    public static unsafe bool TryRefuseDescriptors(Descriptor socket)
    {
        int off = 0;
        if (SetSockOptRaw(socket, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(int)) == 0)
            return true;
        return Marshal.GetLastPInvokeError() is Errno.ENOPROTOOPT or Errno.EOPNOTSUPP
            ? false
            : throw SyscallException.FromLastError("setsockopt", "SO_PASSRIGHTS");
    }

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static unsafe partial int GetSockOptRaw(Descriptor socket, int level, int option, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static unsafe partial int SetSockOptRaw(Descriptor socket, int level, int option, void* value, uint length);
}
