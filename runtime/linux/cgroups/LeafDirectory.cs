using System.Text;

namespace Isolation.Linux;

/// <summary>
/// One directory of a leaf, held by its descriptor from the moment it was made. A batch system may have given the directory above it to its
/// job's user (Slurm does), who can then rename what is there and put something else in its place, but not move processes of other uids:
/// so nothing here is done by path, and what is removed is the directory that was made.
/// </summary>
public sealed class LeafDirectory : IDisposable
{
    private const int MostRemovals = 8;
    private readonly Descriptor? _parent;
    private readonly Descriptor? _directory;
    private readonly long _inode;

    private LeafDirectory(string path, Descriptor? parent, Descriptor? directory, long inode)
        => (Path, _parent, _directory, _inode) = (path, parent, directory, inode);

    /// <summary>Where it was made: for messages.</summary>
    public string Path { get; }

    /// <summary>The directory, for clone3.</summary>
    /// <exception cref="SyscallException">There is none any more.</exception>
    public Descriptor Directory => _directory ?? throw new SyscallException("open", Path, Errno.ENOENT);

    /// <summary>Its inode: in the v2 hierarchy the cgroup's id.</summary>
    public long Inode => _inode;

    /// <summary>Makes it.</summary>
    /// <exception cref="SyscallException">It cannot be made, is there already, or is not what was made.</exception>
    public static LeafDirectory Make(string parent, string name)
        => Make(Sys.Open(null, parent, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW), $"{parent}/{name}", name);

    /// <summary>Makes one in this one, whatever name this one bears by now.</summary>
    /// <exception cref="SyscallException">As <see cref="Make(string, string)"/>.</exception>
    public LeafDirectory MakeBelow(string name) => Make(Directory.Duplicate(), $"{Path}/{name}", name);

    private static LeafDirectory Make(Descriptor above, string path, string name)
    {
        Descriptor? made = null;
        // In a directory of root's nobody renames, and there may be a thousand leaves.
        HashSet<long> before = Sys.StatusOf(above).Uid == 0 ? [] : [.. RootsOwn(above).Select(own => own.Inode)];
        bool isMade = false;
        try
        {
            Sys.MakeDirectoryAt(above, Encoding.UTF8.GetBytes(name), 0x1ed);
            isMade = true;
            made = Sys.Open(above, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW);
            FileStatus status = Sys.StatusOf(made);
            if (status.Uid != 0)
                throw new SyscallException("mkdir", path, Errno.EPERM, "Somebody put a directory of their own in its place.");
            return new LeafDirectory(path, above, made, status.Inode);
        }
        catch (SyscallException e)
        {
            // Renamed before it could be held, it is root's under whatever name, and was not there before. One that another payload has
            // just been given may go as well; that payload is then not started, with a reason.
            if (isMade)
            {
                foreach (byte[] stray in Sys.StatusOf(above).Uid == 0
                    ? [Encoding.UTF8.GetBytes(name)]
                    : RootsOwn(above).Where(own => !before.Contains(own.Inode)).Select(own => own.Name))
                    _ = Sys.TryUnlink(above, stray, isDirectory: true, out _);
            }

            made?.Dispose();
            above.Dispose();
            throw new SyscallException("mkdir", path, e.Errno);
        }
    }

    /// <summary>
    /// Finds one that an earlier process has made. A directory of another user's under its name, or another one of root's, is not it: then it is gone, or
    /// renamed out of sight by the user to whom the directory above belongs.
    /// </summary>
    /// <param name="parent">Where it was made.</param>
    /// <param name="name">Its name.</param>
    /// <param name="inode">Its inode; null where nobody has noted it, and the name must do.</param>
    public static LeafDirectory Find(string parent, string name, long? inode)
        => Find(OpenIfThere(null, Encoding.UTF8.GetBytes(parent), Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, parent), $"{parent}/{name}", name, inode, owner: 0);

    /// <summary>As <see cref="Find(string, string, long?)"/>, in this one, whatever name this one bears by now.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="inode">Its inode; null where nobody has noted it, and the name must do.</param>
    /// <param name="owner">Whose it may be beside root's: where this one is root's alone, nobody else can have put another there.</param>
    public LeafDirectory FindBelow(string name, long? inode, uint owner = 0) => Find(_directory?.Duplicate(), $"{Path}/{name}", name, inode, owner);

    private static LeafDirectory Find(Descriptor? above, string path, string name, long? inode, uint owner)
    {
        if (above is null)
            return new LeafDirectory(path, null, null, 0);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        if (inode is long known && Sys.TryCachedStatusAt(above, bytes, out _)?.Inode != known)
            bytes = RootsOwn(above).FirstOrDefault(own => own.Inode == known).Name ?? [];
        Descriptor? found = bytes.Length == 0 ? null : OpenIfThere(above, bytes, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, path);
        FileStatus? status = found is null ? null : Sys.StatusOf(found);
        if (status is { Inode: long own } && (status.Value.Uid == 0 || status.Value.Uid == owner) && (inode is null || own == inode))
            return new LeafDirectory(path, above, found, own);
        found?.Dispose();
        return new LeafDirectory(path, above, null, 0);
    }

    /// <summary>Opens a file of it.</summary>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    public Descriptor Open(string file, int flags) => Sys.Open(Directory, file, flags);

    /// <summary>Opens a file of it; null where there is none.</summary>
    /// <exception cref="SyscallException">Whether there is one cannot be seen: what cannot be opened now is not therefore gone.</exception>
    public Descriptor? TryOpen(string file, int flags) => _directory is null ? null : OpenIfThere(_directory, Encoding.UTF8.GetBytes(file), flags, $"{Path}/{file}");

    /// <summary>True where there is such a file.</summary>
    public bool Has(string file)
    {
        using Descriptor? open = TryOpen(file, Sys.O_PATH);
        return open is not null;
    }

    /// <summary>The text of a file; null where there is none.</summary>
    public string? Text(string file)
    {
        using Descriptor? open = TryOpen(file, Sys.O_RDONLY);
        try
        {
            return open is null ? null : CgroupFile.Text(open);
        }
        catch (SyscallException)
        {
            return null;
        }
    }

    /// <summary>Writes a text in one write.</summary>
    /// <returns>0, or the kernel's answer.</returns>
    public int TryWrite(string file, string text)
    {
        using Descriptor? open = Sys.TryOpen(Directory, Encoding.UTF8.GetBytes(file), Sys.O_WRONLY, 0, out int errno);
        return open is null ? errno : Sys.TryWrite(open, Encoding.ASCII.GetBytes(text), out errno) < 0 ? errno : 0;
    }

    /// <summary>Removes it, under whatever name it bears by now. rmdir can block.</summary>
    /// <returns>Null, or why it is still there.</returns>
    public string? Remove()
    {
        int errno = 0;
        for (int i = 0; i < MostRemovals && !IsGone; i++)
        {
            if (FindName(_parent!) is not byte[] name)
                return IsGone ? null : $"{Path}: it is there no longer, and not gone";
            if (Sys.TryUnlink(_parent!, name, isDirectory: true, out errno))
                continue; // it may have been another, exchanged at the last moment
            if (errno != Errno.ENOENT)
                return $"{Path}: {ErrnoText.Of(errno)}";
        }

        return IsGone ? null : $"{Path}: {ErrnoText.Of(errno)}";
    }

    /// <summary>Lets go of it; it stays.</summary>
    public void Dispose()
    {
        _directory?.Dispose();
        _parent?.Dispose();
    }

    private static Descriptor? OpenIfThere(Descriptor? at, byte[] name, int flags, string path)
    {
        Descriptor? open = Sys.TryOpen(at, name, flags, 0, out int errno);
        return open is not null || errno is Errno.ENOENT or Errno.ENODEV or Errno.ENOTDIR or Errno.EOPNOTSUPP ? open : throw new SyscallException("open", path, errno);
    }

    // A removed cgroup has no files, whatever is done with its name.
    private bool IsGone => !Has("cgroup.procs");

    private byte[]? FindName(Descriptor parent)
    {
        byte[] own = Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(Path));
        if (Sys.TryCachedStatusAt(parent, own, out _)?.Inode == _inode)
            return own;
        return RootsOwn(parent).FirstOrDefault(own => own.Inode == _inode).Name;
    }

    // The directories in one that are root's.
    private static List<(byte[] Name, long Inode)> RootsOwn(Descriptor parent)
    {
        List<(byte[] Name, long Inode)> found = [];
        using Descriptor? list = Sys.TryOpen(parent, "."u8, Sys.O_RDONLY | Sys.O_DIRECTORY, 0, out _);
        if (list is null)
            return found;
        for (List<byte[]> names = DirectoryNames.ReadSome(list); names.Count > 0; names = DirectoryNames.ReadSome(list))
        {
            foreach (byte[] name in names)
            {
                if (Sys.TryCachedStatusAt(parent, name, out _) is { Kind: FileKind.Directory, Uid: 0 } status)
                    found.Add((name, status.Inode));
            }
        }

        return found;
    }
}
