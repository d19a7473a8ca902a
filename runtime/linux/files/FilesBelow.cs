namespace Isolation.Linux;

/// <summary>
/// Regular files below a directory in which a stranger may have planted anything: links, pipes, devices. Nothing is followed, nothing outside is
/// reached, and opening waits for nobody.
/// </summary>
public static class FilesBelow
{
    private const uint NewFile = 0x180; // 0600
    private const uint NewDirectory = 0x1ed; // 0755

    /// <summary>Makes a file, which must be new, and the directories above it, which need not be.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="name">Parts joined by slashes.</param>
    /// <param name="errno">If null: why.</param>
    public static Descriptor? TryCreate(Descriptor root, ReadOnlySpan<byte> name, out int errno)
    {
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] == (byte)'/' && !TryMakeDirectory(root, name[..i], out errno))
                return null;
        }

        return Sys.TryOpenBeneath(root, name, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL | Sys.O_NOFOLLOW, NewFile, out errno);
    }

    /// <summary>Opens a regular file to read it.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="name">Parts joined by slashes.</param>
    /// <param name="status">What it is.</param>
    /// <param name="errno">If null: why. ELOOP for a link, EISDIR for a directory, EINVAL for whatever else is no regular file.</param>
    public static Descriptor? TryOpen(Descriptor root, ReadOnlySpan<byte> name, out FileStatus status, out int errno)
    {
        status = default;
        // Without waiting for a pipe's other end.
        Descriptor? file = Sys.TryOpenBeneath(root, name, Sys.O_RDONLY | Sys.O_NOFOLLOW | Sys.O_NONBLOCK | Sys.O_NOCTTY, 0, out errno);
        if (file is null)
        {
            errno = errno == Errno.ENXIO ? Errno.EINVAL : errno; // a socket
            return null;
        }

        status = Sys.StatusOf(file);
        if (status.Kind == FileKind.Regular)
            return file;
        errno = status.Kind == FileKind.Directory ? Errno.EISDIR : Errno.EINVAL;
        file.Dispose();
        return null;
    }

    private static bool TryMakeDirectory(Descriptor root, ReadOnlySpan<byte> path, out int errno)
    {
        int slash = path.LastIndexOf((byte)'/');
        if (slash < 0)
            return Sys.TryMakeDirectoryAt(root, path, NewDirectory, out errno) || errno == Errno.EEXIST;
        using Descriptor? above = Sys.TryOpenBeneath(root, path[..slash], Sys.O_PATH | Sys.O_DIRECTORY, 0, out errno);
        return above is not null && (Sys.TryMakeDirectoryAt(above, path[(slash + 1)..], NewDirectory, out errno) || errno == Errno.EEXIST);
    }
}
