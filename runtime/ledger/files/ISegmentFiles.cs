namespace Isolation.Ledger;

/// <summary>What the writer asks of the disk. Every member fails with <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
internal interface ISegmentFiles
{
    /// <summary>A file of this size, every byte written as zero and durable: what is written into it later needs no new space.</summary>
    ISegmentFile Prepare(string path, long size);

    /// <summary>An existing segment, to be continued.</summary>
    ISegmentFile Reopen(string path);
}

/// <summary>One file that the writer appends to.</summary>
internal interface ISegmentFile : IDisposable
{
    /// <summary>Where it is.</summary>
    string Path { get; }

    /// <summary>Bytes it has on disk, written or not.</summary>
    long Length { get; }

    /// <summary>Writes all of <paramref name="bytes"/> at an offset.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns when everything written, and the file's name, is on the disk.</summary>
    void Sync();

    /// <summary>Gives back what is behind <paramref name="length"/>.</summary>
    void Trim(long length);

    /// <summary>Renames the file; durable with the next <see cref="Sync"/>.</summary>
    void MoveTo(string path);
}
