using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>Reads once; blocks where the file does.</summary>
    /// <returns>The number of bytes; 0 at the end.</returns>
    public static int Read(Descriptor fd, Span<byte> buffer)
        => TryRead(fd, buffer, out int errno) is int count and >= 0 ? count : throw new SyscallException("read", "descriptor", errno);

    /// <summary>Reads once.</summary>
    /// <returns>The number of bytes, or -1 with the error number.</returns>
    public static unsafe int TryRead(Descriptor fd, Span<byte> buffer, out int errno)
    {
        fixed (byte* first = buffer)
        {
            while (true)
            {
                nint count = ReadRaw(fd, first, (nuint)buffer.Length);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                    return (int)count;
            }
        }
    }

    /// <summary>Reads at an offset, as kernel files such as cgroup counters want it: the whole file from 0, in one read.</summary>
    public static unsafe int ReadAt(Descriptor fd, Span<byte> buffer, long offset)
    {
        fixed (byte* first = buffer)
        {
            nint count = PReadRaw(fd, first, (nuint)buffer.Length, offset);
            return count >= 0 ? (int)count : throw SyscallException.FromLastError("pread", $"offset {offset}");
        }
    }

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint ReadRaw(Descriptor fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    private static unsafe partial nint PReadRaw(Descriptor fd, byte* buffer, nuint count, long offset);
}
