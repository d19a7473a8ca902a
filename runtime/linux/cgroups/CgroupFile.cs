using System.Text;

namespace Isolation.Linux;

/// <summary>Reads the small files of a cgroup through an open descriptor, from their start, in one read.</summary>
public static class CgroupFile
{
    /// <summary>The whole text.</summary>
    public static string Text(Descriptor file)
    {
        Span<byte> buffer = stackalloc byte[4096];
        int length = Sys.ReadAt(file, buffer, 0);
        return Encoding.ASCII.GetString(buffer[..length]);
    }

    /// <summary>The whole text of a file by its path; null when it cannot be read: the cgroup is gone, or has no such controller.</summary>
    public static string? TryText(string path)
    {
        using Descriptor? file = Sys.TryOpen(null, Encoding.UTF8.GetBytes(path), Sys.O_RDONLY, 0, out _);
        if (file is null)
            return null;
        try
        {
            return Text(file);
        }
        catch (SyscallException)
        {
            return null;
        }
    }

    /// <summary>True for a file that nobody but root can write.</summary>
    public static bool IsRootsAlone(string path)
        => Sys.TryCachedStatusAt(null, Encoding.UTF8.GetBytes(path), out _) is { Uid: 0 } status && (status.Mode & 2) == 0 && ((status.Mode & 0x10) == 0 || status.Gid == 0);

    /// <summary>Writes a text in one write.</summary>
    /// <returns>0, or the kernel's answer.</returns>
    public static int TryWrite(string path, string text)
    {
        using Descriptor? file = Sys.TryOpen(null, Encoding.UTF8.GetBytes(path), Sys.O_WRONLY, 0, out int errno);
        if (file is null)
            return errno;
        return Sys.TryWrite(file, Encoding.ASCII.GetBytes(text), out errno) < 0 ? errno : 0;
    }

    /// <summary>The single number of a file such as memory.peak; null when it holds none.</summary>
    public static long? Number(Descriptor file) => CounterText.Number(Text(file));

    /// <summary>The number behind a key of a flat keyed file such as cpu.stat; null when the key is not there.</summary>
    public static long? Keyed(string text, string key) => CounterText.Keyed(text, key);
}
