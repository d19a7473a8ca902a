using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Random bytes from the kernel (getrandom(2)): the only source that a static binary has.</summary>
    public static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        return GetRandomRaw(bytes, (nuint)count, 0) == count ? bytes : throw SyscallException.FromLastError("getrandom", $"{count} bytes");
    }

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint GetRandomRaw(Span<byte> buffer, nuint count, uint flags);
}
