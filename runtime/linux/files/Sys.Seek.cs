using System.Runtime.InteropServices;

namespace Isolation.Linux;

public static partial class Sys
{
    private const int SEEK_DATA = 3;
    private const int SEEK_HOLE = 4;

    /// <summary>The next stretch of a file that is no hole: its start and end. Both are <paramref name="length"/> where only a hole is left.</summary>
    /// <remarks>A file system that knows no holes shows everything as data.</remarks>
    public static (long Start, long End) NextData(Descriptor file, long offset, long length)
    {
        long start = SeekRaw(file, offset, SEEK_DATA);
        if (start < 0)
            return Marshal.GetLastPInvokeError() == Errno.ENXIO ? (length, length) : (offset, length);
        if (start >= length)
            return (length, length);
        long end = SeekRaw(file, start, SEEK_HOLE);
        return (start, end < 0 || end > length ? length : end);
    }

    /// <summary>Writes at an offset; may write less.</summary>
    /// <returns>The number of bytes, or -1 with the error number.</returns>
    public static unsafe int TryWriteAt(Descriptor file, ReadOnlySpan<byte> bytes, long offset, out int errno)
    {
        fixed (byte* first = bytes)
        {
            while (true)
            {
                nint count = PWriteRaw(file, first, (nuint)bytes.Length, offset);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                    return (int)count;
            }
        }
    }

    /// <summary>Reads at an offset; may read less.</summary>
    /// <returns>The number of bytes, 0 at the end, or -1 with the error number.</returns>
    public static unsafe int TryReadAt(Descriptor file, Span<byte> bytes, long offset, out int errno)
    {
        fixed (byte* first = bytes)
        {
            while (true)
            {
                nint count = PReadRaw(file, first, (nuint)bytes.Length, offset);
                errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno != Errno.EINTR)
                    return (int)count;
            }
        }
    }

    /// <summary>Gives a file that length: what is added is a hole.</summary>
    /// <returns>0, or the error number.</returns>
    public static int TrySetLength(Descriptor file, long length) => FTruncateRaw(file, length) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    private static partial long SeekRaw(Descriptor file, long offset, int from);

    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    private static unsafe partial nint PWriteRaw(Descriptor file, byte* bytes, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "ftruncate64", SetLastError = true)]
    private static partial int FTruncateRaw(Descriptor file, long length);
}
