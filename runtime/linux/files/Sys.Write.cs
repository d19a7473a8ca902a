using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Writes once; may write less.</summary>
    /// <returns>The number of bytes.</returns>
    public static int Write(Descriptor fd, ReadOnlySpan<byte> bytes)
        => TryWrite(fd, bytes, out int errno) is int count and >= 0 ? count : throw new SyscallException("write", "descriptor", errno);

    /// <summary>Writes everything.</summary>
    public static void WriteAll(Descriptor fd, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[Write(fd, bytes)..];
    }

    /// <summary>Writes once.</summary>
    /// <returns>The number of bytes, or -1 with the error number.</returns>
    public static unsafe int TryWrite(Descriptor fd, ReadOnlySpan<byte> bytes, out int errno)
    {
        fixed (byte* first = bytes)
        {
            while (true)
            {
                nint count = WriteRaw(fd, first, (nuint)bytes.Length);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                    return (int)count;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteRaw(Descriptor fd, byte* buffer, nuint count);
}
