namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>
    /// Makes a directory that has this owner and mode, or gives them to the one that is there. What is there must be a directory,
    /// not a link to one, and belong to root or to that owner already: anybody else could have prepared it.
    /// </summary>
    public static void OwnDirectory(string path, uint mode, uint uid, uint gid)
    {
        MakeDirectory(path, 0x1c0, orExisting: true);
        using Descriptor directory = Open(null, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        uint owner = StatusOf(directory).Uid;
        if (owner != 0 && owner != uid)
            throw new SyscallException("chown", path, Errno.EPERM, $"It belongs to uid {owner}: remove it, or choose another directory.");
        SetOwner(directory, uid, gid, path);
        SetMode(directory, mode, path);
    }
}
