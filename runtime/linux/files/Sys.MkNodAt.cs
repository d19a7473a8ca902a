using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const uint S_IFCHR = 0x2000; // inode(7)

    /// <summary>mknodat(2): a character device; whoever the mode lets opens it, where its file system lets devices be opened at all.</summary>
    /// <param name="parent">The directory.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="mode">Its permissions, whatever the umask.</param>
    /// <param name="major">The device's major number.</param>
    /// <param name="minor">Its minor number.</param>
    /// <exception cref="SyscallException">The kernel refuses.</exception>
    public static void MakeCharacterDeviceAt(Descriptor parent, string name, uint mode, uint major, uint minor)
    {
        // makedev(3), for numbers below 4096 and 256.
        if (MkNodAtRaw(parent, name, S_IFCHR | mode, (major << 8) | minor) != 0)
            throw SyscallException.FromLastError("mknodat", name);
        if (FChModAtRaw(parent, name, mode, 0) != 0)
            throw SyscallException.FromLastError("fchmodat", name);
    }

    [LibraryImport("libc", EntryPoint = "mknodat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkNodAtRaw(Descriptor directory, string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FChModAtRaw(Descriptor directory, string path, uint mode, int flags);
}
