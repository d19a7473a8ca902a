using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int AT_REMOVEDIR = 0x200;

    /// <summary>Removes a name from a directory, never what a link points to; false with the error number.</summary>
    public static unsafe bool TryUnlink(Descriptor? directory, ReadOnlySpan<byte> name, bool isDirectory, out int errno)
    {
        Span<byte> terminated = stackalloc byte[name.Length + 1];
        name.CopyTo(terminated);
        terminated[name.Length] = 0;
        fixed (byte* path = terminated)
        {
            bool removed = UnlinkAtRaw(directory?.Number ?? AT_FDCWD, path, isDirectory ? AT_REMOVEDIR : 0) == 0;
            errno = removed ? 0 : Marshal.GetLastPInvokeError();
            return removed;
        }
    }

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    private static unsafe partial int UnlinkAtRaw(int directory, byte* path, int flags);
}
