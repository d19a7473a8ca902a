namespace Isolation.Linux;

/// <summary>Copies a file's content. Holes stay holes, so that the copy takes no more space than the original.</summary>
public static class FileCopy
{
    /// <summary>It was shorter than it was said to be.</summary>
    public const int Shrank = Errno.ESTALE;

    private const int ChunkSize = 256 << 10;

    /// <summary>Copies the first <paramref name="length"/> bytes into a new file, which then has that length.</summary>
    /// <param name="from">The original.</param>
    /// <param name="to">The copy, empty.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="isGivenUp">Asked now and then; true ends the copying with EINTR.</param>
    /// <returns>0, or the error number; <see cref="Shrank"/> where the original was cut meanwhile.</returns>
    public static int TryCopy(Descriptor from, Descriptor to, long length, Func<bool>? isGivenUp = null)
    {
        int errno = TryRead(from, length, (offset, bytes) =>
        {
            int written = 0, failure = 0;
            while (written < bytes.Length && failure == 0)
                written += Math.Max(0, Sys.TryWriteAt(to, bytes[written..], offset + written, out failure));
            return failure != 0 ? failure : isGivenUp?.Invoke() == true ? Errno.EINTR : 0;
        });
        return errno != 0 ? errno : Sys.TrySetLength(to, length);
    }

    /// <summary>Reads the first <paramref name="length"/> bytes, holes left out.</summary>
    /// <param name="from">The file.</param>
    /// <param name="length">How many bytes.</param>
    /// <param name="take">Takes a piece and its offset; returns 0, or an error number, which ends the reading.</param>
    /// <returns>0, or the error number.</returns>
    public static int TryRead(Descriptor from, long length, TakePiece take)
    {
        byte[] chunk = GC.AllocateUninitializedArray<byte>((int)Math.Min(ChunkSize, Math.Max(length, 1)));
        for (long offset = 0; offset < length;)
        {
            (offset, long end) = Sys.NextData(from, offset, length);
            while (offset < end)
            {
                int count = Sys.TryReadAt(from, chunk.AsSpan(0, (int)Math.Min(chunk.Length, end - offset)), offset, out int errno);
                if (count < 0)
                    return errno;
                if (count == 0)
                    return Shrank;
                errno = take(offset, chunk.AsSpan(0, count));
                if (errno != 0)
                    return errno;
                offset += count;
            }
        }

        return 0;
    }

    /// <summary>Takes one piece of a file.</summary>
    public delegate int TakePiece(long offset, ReadOnlySpan<byte> bytes);
}
