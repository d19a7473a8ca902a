using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    private const ulong MS_NOSUID = 2;
    private const ulong MS_NODEV = 4;
    private const ulong MS_REMOUNT = 32;
    private const ulong MS_BIND = 4096;
    private const ulong MS_PRIVATE = 1 << 18;
    private const int MNT_DETACH = 2;

    /// <summary>Makes a directory a mount of its own, private, without set-id programs and devices; read back by the caller.</summary>
    public static void BindOntoItself(string path)
    {
        Mount(path, MS_BIND);
        try
        {
            Mount(path, MS_PRIVATE);
            Mount(path, MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV);
        }
        catch
        {
            _ = TryUnmount(path);
            throw;
        }
    }

    /// <summary>Detaches a mount.</summary>
    /// <returns>0, or the error number.</returns>
    public static int TryUnmount(string path) => UMount2Raw(Terminated(path), MNT_DETACH) == 0 ? 0 : Marshal.GetLastPInvokeError();

    private static void Mount(string path, ulong flags)
    {
        if (MountRaw(Terminated(path), Terminated(path), 0, flags, 0) != 0)
            throw SyscallException.FromLastError("mount", path);
    }

    private static byte[] Terminated(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true)]
    private static partial int MountRaw(ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, nint type, ulong flags, nint data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true)]
    private static partial int UMount2Raw(ReadOnlySpan<byte> target, int flags);
}
