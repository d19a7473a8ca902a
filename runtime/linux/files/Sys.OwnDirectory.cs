using System.Runtime.InteropServices;
using System.Text;

namespace Isolation.Linux;

public static partial class Sys
{
    /// <summary>
    /// Makes a directory that has this owner and mode, or gives them to the one that is there. What is there must be a directory,
    /// not a link to one, and belong to root or to that owner already: anybody else could have prepared it.
    /// </summary>
    public static unsafe void OwnDirectory(string path, uint mode, uint uid, uint gid)
    {
        fixed (byte* name = (byte[])[.. Encoding.UTF8.GetBytes(path), 0])
        {
            if (MakeDirectoryRaw(AT_FDCWD, name, 0x1c0) != 0 && Marshal.GetLastPInvokeError() != Errno.EEXIST)
                throw SyscallException.FromLastError("mkdir", path);
        }

        using Descriptor directory = Open(null, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        uint owner = StatusOf(directory).Uid;
        if (owner != 0 && owner != uid)
            throw new SyscallException("chown", path, Errno.EPERM, $"It belongs to uid {owner}: remove it, or choose another directory.");
        if (ChangeOwnerRaw(directory, uid, gid) != 0)
            throw SyscallException.FromLastError("fchown", path);
        if (ChangeModeRaw(directory, mode) != 0)
            throw SyscallException.FromLastError("fchmod", path);
    }

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    private static unsafe partial int MakeDirectoryRaw(int directory, byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int ChangeOwnerRaw(Descriptor fd, uint uid, uint gid);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int ChangeModeRaw(Descriptor fd, uint mode);
}
