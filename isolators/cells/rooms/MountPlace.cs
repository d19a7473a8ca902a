using System.Text;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Places in a new file system at which something will be attached.</summary>
public static class MountPlace
{
    private const uint DirectoryMode = 0x1ed;
    private const uint FileMode = 0x124;

    /// <summary>Makes a directory or an empty file, and the directories above it.</summary>
    public static void Make(Descriptor root, string path, bool isDirectory)
    {
        string[] names = path.Split('/');
        Descriptor at = root.Duplicate();
        try
        {
            foreach (string name in isDirectory ? names : names[..^1])
            {
                Descriptor next = Enter(at, name);
                at.Dispose();
                at = next;
            }

            if (!isDirectory)
                Sys.Open(at, names[^1], Sys.O_WRONLY | Sys.O_CREAT | Sys.O_NOFOLLOW, FileMode).Dispose();
        }
        finally
        {
            at.Dispose();
        }
    }

    private static Descriptor Enter(Descriptor at, string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        if (Sys.TryOpen(at, bytes, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out _) is Descriptor there)
            return there;
        Sys.MakeDirectoryAt(at, bytes, DirectoryMode);
        return Sys.Open(at, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW);
    }
}
