using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Gives an open file or directory to an account.</summary>
    /// <param name="fd">The file.</param>
    /// <param name="uid">Its new owner.</param>
    /// <param name="gid">Its new group.</param>
    /// <param name="name">What it is called, for an error.</param>
    public static void SetOwner(Descriptor fd, uint uid, uint gid, string name)
    {
        if (FChownRaw(fd, uid, gid) != 0)
            throw SyscallException.FromLastError("fchown", $"{name}, {uid}:{gid}");
    }

    /// <summary>Sets the mode of an open file or directory, whatever the umask.</summary>
    /// <param name="fd">The file.</param>
    /// <param name="mode">Its new mode.</param>
    /// <param name="name">What it is called, for an error.</param>
    public static void SetMode(Descriptor fd, uint mode, string name)
    {
        if (FChModRaw(fd, mode) != 0)
            throw SyscallException.FromLastError("fchmod", $"{name}, {Convert.ToString(mode, 8)}");
    }

    /// <summary>As <see cref="SetMode"/>.</summary>
    /// <returns>0, or the error number.</returns>
    public static int TrySetMode(Descriptor fd, uint mode) => FChModRaw(fd, mode) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int FChownRaw(Descriptor fd, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FChModRaw(Descriptor fd, uint mode);
}
