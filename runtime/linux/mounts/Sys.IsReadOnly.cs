namespace Isolation.Linux;

public static partial class Sys
{
    private const long ST_RDONLY = 1;

    /// <summary>True where nothing can be written through the mount that a path lies on (statfs(2)).</summary>
    /// <exception cref="SyscallException">It is not there.</exception>
    public static bool IsReadOnly(string path)
    {
        using Descriptor place = Open(null, path, O_PATH);
        return (FileSystemFlags(place) & ST_RDONLY) != 0;
    }
}
