using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>The pilot's own directory for one run; gone with it.</summary>
internal sealed class WorkDirectory : IDisposable
{
    private WorkDirectory(string run, string path) => (Run, Path) = (run, path);

    /// <summary>The run's name.</summary>
    public string Run { get; }

    /// <summary>Where it is; nobody else can enter it.</summary>
    public string Path { get; }

    /// <summary>Makes one below TMPDIR.</summary>
    public static WorkDirectory Make()
    {
        string run = Convert.ToHexStringLower(Sys.RandomBytes(4));
        string path = $"{Environment.GetEnvironmentVariable("TMPDIR")?.TrimEnd('/') ?? "/tmp"}/separation-{run}-home";
        nint result = Kernel.OnPath(Nr.mkdir, path, 0x1c0);
        return result >= 0 ? new WorkDirectory(run, path) : throw new SyscallException("mkdir", path, (int)-result, "Name a directory in TMPDIR that you may write.");
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // a probe may have left what this account cannot remove: E5 and B4 tell of it
        }
    }
}
