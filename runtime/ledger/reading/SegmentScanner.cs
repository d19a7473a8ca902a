using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Ledger;

/// <summary>
/// Reads the lines of one segment, in bounded memory. Stops at the end of the file, at a NUL byte (space not written yet), or
/// where a line has no newline; also while the segment is being written.
/// </summary>
internal sealed class SegmentScanner : IDisposable
{
    private const int FirstBuffer = 64 << 10;
    private const int LongestLine = 256 << 20;

    private readonly SafeFileHandle _file;
    private readonly long _limit;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _start;
    private int _filled;
    private int _lineLength;

    /// <param name="path">The segment.</param>
    /// <param name="limit">Where to stop in any case: bytes behind it are void.</param>
    /// <param name="from">Where to begin.</param>
    public SegmentScanner(string path, long limit = long.MaxValue, long from = 0)
    {
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        FilePath = path;
        _limit = limit;
        Position = from;
    }

    /// <summary>The segment.</summary>
    public string FilePath { get; }

    /// <summary>The line read last, without its newline; valid until the next one is read.</summary>
    public ReadOnlyMemory<byte> Line => _buffer.AsMemory(_start - _lineLength - 1, _lineLength);

    /// <summary>Where the next line begins, in bytes from the segment's beginning.</summary>
    public long Position { get; private set; }

    /// <summary>Reads the next line.</summary>
    public bool Next()
    {
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_start + searched, _filled - _start - searched).IndexOfAny((byte)'\n', (byte)0);
            if (found >= 0)
            {
                int length = searched + found;
                if (_buffer[_start + length] == 0)
                    return false;
                _lineLength = length;
                _start += length + 1;
                Position += length + 1;
                return true;
            }

            searched = _filled - _start;
            if (!Fill())
                return false;
        }
    }

    /// <summary>What stands behind <see cref="Position"/>; reads to the end.</summary>
    public SegmentTail ReadTail()
    {
        long position = Position;
        long written = 0;
        byte[] block = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            int read;
            for (long at = position; (read = RandomAccess.Read(_file, block, at)) > 0; at += read)
            {
                int last = block.AsSpan(0, read).LastIndexOfAnyExcept((byte)0);
                if (last >= 0)
                    written = at + last + 1 - position;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        return new SegmentTail(position, written, written > 0 && HoldsRecord(position, written));
    }

    public void Dispose()
    {
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool HoldsRecord(long from, long length)
    {
        byte[] bytes = new byte[length];
        int read = 0;
        for (int n; read < length && (n = RandomAccess.Read(_file, bytes.AsSpan(read), from + read)) > 0;)
            read += n;
        ReadOnlySpan<byte> rest = bytes.AsSpan(0, read);
        while (rest.IndexOf((byte)'\n') is int end and >= 0)
        {
            // A piece may begin with what is left of a line that was lost.
            ReadOnlySpan<byte> piece = rest[..end];
            int begin = piece.LastIndexOf("{\"seq\":"u8);
            if (begin >= 0 && LineFormat.IsSound(piece[begin..]))
                return true;
            rest = rest[(end + 1)..];
        }

        return false;
    }

    private bool Fill()
    {
        int pending = _filled - _start;
        if (pending == _buffer.Length)
        {
            if (pending >= LongestLine)
                return false;
            byte[] larger = ArrayPool<byte>.Shared.Rent(2 * _buffer.Length);
            _buffer.AsSpan(_start, pending).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, pending).CopyTo(_buffer);
        }

        _start = 0;
        _filled = pending;
        long at = Position + pending;
        int wanted = (int)Math.Min(_buffer.Length - _filled, Math.Max(0, _limit - at));
        int read = wanted == 0 ? 0 : RandomAccess.Read(_file, _buffer.AsSpan(_filled, wanted), at);
        _filled += read;
        return read > 0;
    }
}

/// <summary>What stands in a segment behind its last sound line.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="Written">Bytes up to the last that is not zero; 0 when there is only free space.</param>
/// <param name="HoldsRecord">True when a sound record stands in it: more than a torn last line.</param>
internal readonly record struct SegmentTail(long Position, long Written, bool HoldsRecord);
