using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Gives an open file or directory to an account.</summary>
    public static void SetOwner(Descriptor fd, uint uid, uint gid)
    {
        if (FChownRaw(fd, uid, gid) != 0)
            throw SyscallException.FromLastError("fchown", $"{uid}:{gid}");
    }

    /// <summary>Sets the mode of an open file or directory, whatever the umask.</summary>
    public static void SetMode(Descriptor fd, uint mode)
    {
        if (FChModRaw(fd, mode) != 0)
            throw SyscallException.FromLastError("fchmod", Convert.ToString(mode, 8));
    }

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int FChownRaw(Descriptor fd, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FChModRaw(Descriptor fd, uint mode);
}
