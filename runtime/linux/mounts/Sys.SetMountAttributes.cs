using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SYS_mount_setattr = 442;
    private const int MostTries = 200; // of 5 ms

    /// <summary>
    /// Changes a mount (mount_setattr(2), Linux 5.12). While something is open for writing on one that is to be read-only the kernel says EBUSY, and a child
    /// that another thread is just starting can hold a copy of what this one has closed: so for a second it is tried again.
    /// </summary>
    /// <param name="mount">A descriptor of its root.</param>
    /// <param name="attributes">What to change.</param>
    /// <param name="name">For the error.</param>
    /// <param name="withMountsBelow">Change what is mounted below, too.</param>
    /// <exception cref="SyscallException">The kernel refuses.</exception>
    public static unsafe void SetMountAttributes(Descriptor mount, MountAttributes attributes, string name, bool withMountsBelow = false)
    {
        nint flags = AT_EMPTY_PATH | (withMountsBelow ? (nint)AT_RECURSIVE : 0);
        for (int tries = 1; SetMountAttributesRaw(SYS_mount_setattr, mount.Number, "\0"u8, flags, &attributes, sizeof(MountAttributes), 0) != 0; tries++)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EBUSY || tries == MostTries)
                throw SyscallException.FromLastError("mount_setattr", name);
            _ = Poll([], 5);
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial nint SetMountAttributesRaw(nint number, nint directory, ReadOnlySpan<byte> path, nint flags, MountAttributes* attributes, nint size, nint f);
}
