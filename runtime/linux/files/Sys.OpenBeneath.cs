using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SYS_openat2 = 437;
    private const ulong RESOLVE_NO_MAGICLINKS = 2;
    private const ulong RESOLVE_NO_SYMLINKS = 4;
    private const ulong RESOLVE_BENEATH = 8;

    /// <summary>Opens a path below a directory: through no link of whatever kind, and never above it (openat2(2)).</summary>
    /// <returns>Null, with the error number: ELOOP for a link, EXDEV for a way out.</returns>
    public static unsafe Descriptor? TryOpenBeneath(Descriptor directory, ReadOnlySpan<byte> path, int flags, uint mode, out int errno)
    {
        ulong* how = stackalloc ulong[3]; // struct open_how
        how[0] = (ulong)(flags | O_CLOEXEC);
        how[1] = mode;
        how[2] = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
        byte[] terminated = [.. path, 0];
        fixed (byte* first = terminated)
        {
            while (true)
            {
                nint fd = SyscallRaw(SYS_openat2, directory.Number, (nint)first, (nint)how, 3 * sizeof(ulong), 0, 0);
                errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
                // EAGAIN: a rename somewhere kept the kernel from being sure.
                if (errno is not (Errno.EINTR or Errno.EAGAIN))
                    return fd < 0 ? null : new Descriptor((int)fd);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SyscallRaw(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
