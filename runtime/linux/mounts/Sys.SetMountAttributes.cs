using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SYS_mount_setattr = 442;

    /// <summary>Changes a mount (mount_setattr(2), Linux 5.12).</summary>
    /// <param name="mount">A descriptor of its root.</param>
    /// <param name="attributes">What to change.</param>
    /// <param name="name">For the error.</param>
    /// <param name="withMountsBelow">Change what is mounted below, too.</param>
    /// <exception cref="SyscallException">The kernel refuses.</exception>
    public static unsafe void SetMountAttributes(Descriptor mount, MountAttributes attributes, string name, bool withMountsBelow = false)
    {
        nint flags = AT_EMPTY_PATH | (withMountsBelow ? (nint)AT_RECURSIVE : 0);
        if (SetMountAttributesRaw(SYS_mount_setattr, mount.Number, "\0"u8, flags, &attributes, sizeof(MountAttributes), 0) != 0)
            throw SyscallException.FromLastError("mount_setattr", name);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint SetMountAttributesRaw(nint number, nint directory, ReadOnlySpan<byte> path, nint flags, MountAttributes* attributes, nint size, nint f);
}
