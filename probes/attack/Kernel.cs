using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>The few calls that many probes make, by number; a failure is the error number below zero.</summary>
internal static class Kernel
{
    public const int AT_FDCWD = -100;

    private const int SmallFile = 4 << 10, LargestRead = 256 << 10;

    /// <summary>Opens a path.</summary>
    public static nint Open(string path, int flags, int mode = 0)
    {
        using NativeBuffer name = new(path);
        return KernelCall.Invoke(Nr.openat, AT_FDCWD, name.Address, flags | Sys.O_CLOEXEC | Sys.O_NONBLOCK | Sys.O_NOCTTY, mode);
    }

    /// <summary>Opens a path and closes it again.</summary>
    public static nint TryOpen(string path, int flags, int mode = 0)
    {
        nint fd = Open(path, flags, mode);
        if (fd >= 0)
            Close(fd);
        return fd;
    }

    /// <summary>Closes.</summary>
    public static void Close(nint fd) => KernelCall.Invoke(Nr.close, fd);

    /// <summary>A call that takes one path.</summary>
    public static nint OnPath(int number, string path, nint b = 0, nint c = 0, nint d = 0)
    {
        using NativeBuffer name = new(path);
        return KernelCall.Invoke(number, name.Address, b, c, d);
    }

    /// <summary>A call that takes two paths.</summary>
    public static nint OnPaths(int number, string first, string second, nint c = 0)
    {
        using NativeBuffer one = new(first), two = new(second);
        return KernelCall.Invoke(number, one.Address, two.Address, c);
    }

    /// <summary>Up to 256 KiB of a file; null with the error number.</summary>
    public static byte[]? ReadFile(string path, out int errno)
    {
        nint fd = Open(path, Sys.O_RDONLY);
        errno = fd < 0 ? (int)-fd : 0;
        if (fd < 0)
            return null;
        using Descriptor file = new((int)fd);
        byte[] buffer = new byte[SmallFile];
        int length = 0;
        while (length < LargestRead)
        {
            if (length == buffer.Length)
                Array.Resize(ref buffer, 2 * length);
            int count = Sys.TryRead(file, buffer.AsSpan(length), out errno);
            if (count < 0 && length == 0)
                return null;
            if (count <= 0)
                break;
            length += count;
        }

        return buffer[..length];
    }

    /// <summary>A text file, empty where it cannot be read.</summary>
    public static string Text(string path) => ReadFile(path, out _) is { } bytes ? Encoding.Latin1.GetString(bytes) : "";

    /// <summary>Makes or replaces a file.</summary>
    public static nint WriteFile(string path, string text, int mode, int flags = Sys.O_CREAT | Sys.O_TRUNC)
    {
        nint fd = Open(path, Sys.O_WRONLY | flags, mode);
        if (fd < 0)
            return fd;
        using NativeBuffer bytes = new(text);
        nint written = KernelCall.Invoke(Nr.write, fd, bytes.Address, bytes.Length - 1);
        if ((flags & Sys.O_CREAT) != 0)
            KernelCall.Invoke(Nr.fchmod, fd, mode);
        Close(fd);
        return written;
    }

    /// <summary>Removes a file.</summary>
    public static nint Remove(string path) => OnPath(Nr.unlink, path);

    /// <summary>The value of a field of /proc/PID/status, empty where there is none.</summary>
    public static string StatusField(string status, string field)
    {
        foreach (string line in status.Split('\n'))
        {
            if (line.StartsWith(field + ":", StringComparison.Ordinal))
                return line[(field.Length + 1)..].Trim();
        }

        return "";
    }

    /// <summary>Names in a directory; empty where it cannot be read.</summary>
    public static string[] Names(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(directory).Select(p => Path.GetFileName(p))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The processes that /proc shows.</summary>
    public static int[] Pids() => [.. Names("/proc").Select(n => int.TryParse(n, out int pid) ? pid : 0).Where(p => p > 0)];

    /// <summary>Waits so long.</summary>
    public static void Pause(int milliseconds) => _ = Sys.Poll([], milliseconds);
}
