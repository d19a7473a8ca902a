using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Changes the working directory of whoever shares it with the calling thread.</summary>
    /// <returns>0, or the error number.</returns>
    public static int TryChangeDirectory(ReadOnlySpan<byte> path) => ChDirRaw([.. path, 0]) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Whether the calling thread may execute a path, by its ids for file systems (faccessat2(2), AT_EACCESS).</summary>
    /// <returns>0, or the error number.</returns>
    public static unsafe int TryMayExecute(ReadOnlySpan<byte> path)
    {
        byte[] terminated = [.. path, 0];
        fixed (byte* first = terminated)
            return Syscall(SYS_faccessat2, AT_FDCWD, (nint)first, X_OK, AT_EACCESS, 0, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    private const int SYS_faccessat2 = 439;
    private const int X_OK = 1;
    private const int AT_EACCESS = 0x200;

    [LibraryImport("libc", EntryPoint = "chdir", SetLastError = true)]
    private static partial int ChDirRaw(ReadOnlySpan<byte> path);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
