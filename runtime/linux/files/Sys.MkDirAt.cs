using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Makes a directory, which must be new, in an open one; the mode passes the umask.</summary>
    public static void MakeDirectoryAt(Descriptor parent, ReadOnlySpan<byte> name, uint mode)
    {
        if (MkDirAtRaw(parent, [.. name, 0], mode) != 0)
            throw SyscallException.FromLastError("mkdirat", Core.PrintableText.Of(name));
    }

    /// <summary>As <see cref="MakeDirectoryAt"/>; false with the error number.</summary>
    public static bool TryMakeDirectoryAt(Descriptor parent, ReadOnlySpan<byte> name, uint mode, out int errno)
    {
        errno = MkDirAtRaw(parent, [.. name, 0], mode) == 0 ? 0 : Marshal.GetLastPInvokeError();
        return errno == 0;
    }

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int MkDirAtRaw(Descriptor parent, ReadOnlySpan<byte> name, uint mode);
}
