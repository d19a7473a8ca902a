using System.Diagnostics;

namespace Isolation.Linux.Tests.Traps;

/// <summary>A FUSE file system whose server sleeps once its one file has been opened; disposing it wakes whoever waits on it.</summary>
internal sealed class SleepingMount : IDisposable
{
    private readonly Process _server;
    private bool _disposed;

    private SleepingMount(string directory, Process server) => (Directory, _server) = (directory, server);

    public string Directory { get; }

    /// <summary>The file. Opening it works once; everything after that waits for ever.</summary>
    public string File => Path.Combine(Directory, "file");

    /// <summary>Null where the host has no FUSE, or no root.</summary>
    public static SleepingMount? TryMount()
    {
        if (!System.IO.File.Exists("/dev/fuse") || !Environment.IsPrivilegedProcess)
            return null;
        string directory = System.IO.Directory.CreateTempSubdirectory("iso-fuse-").FullName;
        System.IO.File.SetUnixFileMode(directory, (UnixFileMode)0x1ed);
        ProcessStartInfo start = new("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "traps", "sleeping_fuse.py"), directory]) { RedirectStandardOutput = true };
        Process server = Process.Start(start)!;
        var mount = new SleepingMount(directory, server);
        if (server.StandardOutput.ReadLine() == "mounted")
            return mount;
        mount.Dispose();
        return null;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _server.Kill();
        _server.WaitForExit();
        _server.Dispose();
        Process.Start("umount", ["-l", Directory]).WaitForExit();
        System.IO.Directory.Delete(Directory);
    }
}
