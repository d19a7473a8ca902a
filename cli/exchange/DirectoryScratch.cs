using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>The scratch itself, shown so that all in it looks like the caller's own. The payload may have planted anything in it.</summary>
internal sealed class DirectoryScratch(Descriptor directory) : IScratch
{
    private Descriptor? _found;
    private long _length;

    public int TryPut(ReadOnlySpan<byte> name, uint mode, Descriptor from, long length)
    {
        using Descriptor? file = FilesBelow.TryCreate(directory, name, out int errno);
        if (file is null)
            return errno;
        errno = FileCopy.TryCopy(from, file, length);
        return errno != 0 ? errno : Sys.TrySetMode(file, mode);
    }

    public int TryFind(ReadOnlySpan<byte> name, out uint mode, out long length)
    {
        _found = FilesBelow.TryOpen(directory, name, out FileStatus status, out int errno);
        (mode, length, _length) = (status.Mode & 0x1ff, status.Size, status.Size);
        return errno;
    }

    public int TryTake(Descriptor to, Func<bool> isGivenUp)
    {
        int errno = FileCopy.TryCopy(_found!, to, _length, isGivenUp);
        Leave();
        return errno;
    }

    public void Leave()
    {
        _found?.Dispose();
        _found = null;
    }

    public void Dispose()
    {
        Leave();
        directory.Dispose();
    }
}
