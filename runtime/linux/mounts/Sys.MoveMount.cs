using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    internal const int SYS_move_mount = 429;
    internal const int MOVE_MOUNT_F_EMPTY_PATH = 4;

    /// <summary>Attaches a detached mount at a path of the calling thread's mount namespace (move_mount(2)).</summary>
    /// <exception cref="SyscallException">The kernel refuses.</exception>
    public static void Attach(Descriptor mount, string target)
    {
        if (MoveMountRaw(SYS_move_mount, mount.Number, "\0"u8, AT_FDCWD, Encoding.UTF8.GetBytes(target + '\0'), MOVE_MOUNT_F_EMPTY_PATH, 0) != 0)
            throw SyscallException.FromLastError("move_mount", target);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint MoveMountRaw(nint number, nint from, ReadOnlySpan<byte> fromPath, nint to, ReadOnlySpan<byte> toPath, nint flags, nint f);
}
