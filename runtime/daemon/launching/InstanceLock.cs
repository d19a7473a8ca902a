using System.Globalization;
using System.Text;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>One instance per run directory: a locked file that holds the pid of whoever serves.</summary>
internal sealed class InstanceLock : IDisposable
{
    private const uint Mode = 0x1a4; // 0644
    private readonly Descriptor _file;

    private InstanceLock(Descriptor file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <param name="path">The lock file.</param>
    /// <param name="holder">If it is held: the pid that is written there, or what else is known.</param>
    /// <returns>Null when another instance holds it.</returns>
    public static InstanceLock? TryTake(string path, out string holder)
    {
        Descriptor file = Sys.Open(null, path, Sys.O_RDWR | Sys.O_CREAT | Sys.O_NOFOLLOW, Mode);
        holder = "";
        if (!Sys.TryLock(file))
        {
            holder = Holder(file);
            file.Dispose();
            return null;
        }

        using (Descriptor truncated = Sys.Open(null, path, Sys.O_WRONLY | Sys.O_TRUNC | Sys.O_NOFOLLOW))
            Sys.WriteAll(truncated, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"));
        return new InstanceLock(file);
    }

    /// <summary>Who holds the lock now; null when nobody does. Takes nothing and makes nothing.</summary>
    public static string? HeldBy(string path)
    {
        using Descriptor? file = Sys.TryOpen(null, Encoding.UTF8.GetBytes(path), Sys.O_RDONLY | Sys.O_NOFOLLOW, 0, out _);
        // A lock taken here goes with the descriptor, at the end of this method.
        return file is null || Sys.TryLock(file) ? null : Holder(file);
    }

    public void Dispose() => _file.Dispose();

    private static string Holder(Descriptor file)
    {
        byte[] text = new byte[32];
        int length = Sys.ReadAt(file, text, 0);
        string pid = Encoding.ASCII.GetString(text, 0, length).Trim();
        return pid.Length > 0 && pid.All(char.IsAsciiDigit) ? $"pid {pid}" : "a process that has not written its pid yet";
    }
}
