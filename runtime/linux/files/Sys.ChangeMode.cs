using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Gives a path this mode, whatever the umask (chmod(2)); a bound socket has no other way.</summary>
    public static unsafe void ChangeMode(string path, uint mode)
    {
        fixed (byte* name = (byte[])[.. Encoding.UTF8.GetBytes(path), 0])
        {
            if (ChangePathModeRaw(name, mode) != 0)
                throw SyscallException.FromLastError("chmod", path);
        }
    }

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    private static unsafe partial int ChangePathModeRaw(byte* path, uint mode);
}
