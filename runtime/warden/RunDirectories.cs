using Isolation.Linux;

namespace Isolation.Warden;

/// <summary>The directories that are root's alone, opened once; the warden opens nothing below a directory that isolationd owns.</summary>
internal sealed class RunDirectories : IDisposable
{
    private const int Patience = 5000, BetweenTries = 50; // milliseconds
    private readonly Descriptor _lock;

    private RunDirectories(Descriptor rooms, Descriptor scratch, string scratchPath, Descriptor held)
        => (Rooms, Scratch, ScratchPath, _lock) = (rooms, scratch, scratchPath, held);

    internal Descriptor Rooms { get; }

    internal Descriptor Scratch { get; }

    internal string ScratchPath { get; }

    /// <summary>Makes what is missing, and takes the run directory for this warden alone.</summary>
    /// <exception cref="IOException">Another warden has it, or a directory is not root's.</exception>
    internal static RunDirectories Open(string run, string state)
    {
        OpenRoots(state, 0x1ed, keepMode: true).Dispose();
        OpenRoots(run, 0x1ed, keepMode: true).Dispose();
        Descriptor rooms = OpenRoots($"{run}/rooms", 0x1c0);
        Descriptor held = Sys.Open(rooms, "lock", Sys.O_RDWR | Sys.O_CREAT | Sys.O_NOFOLLOW, 0x180);
        for (int waited = 0; !Sys.TryLock(held); waited += BetweenTries)
        {
            if (waited >= Patience)
                throw new IOException($"another warden lives on {run}. Stop it, or choose another run directory.");
            _ = Sys.Poll([], BetweenTries); // one that was told to stop may look a moment longer for what it has killed
        }

        string scratch = $"{state}/scratch";
        OpenRoots(scratch, 0x1c9).Dispose();
        if (!IsMounted(scratch))
            Sys.BindOntoItself(scratch);
        return IsMounted(scratch)
            ? new RunDirectories(rooms, OpenRoots(scratch, 0x1c9), scratch, held)
            : throw new IOException($"{scratch} did not become a nosuid,nodev mount.");
    }

    /// <summary>Takes the mount away again, when no room is left.</summary>
    internal void Remove()
    {
        Scratch.Dispose();
        _ = Sys.TryUnmount(ScratchPath);
    }

    public void Dispose()
    {
        Rooms.Dispose();
        _lock.Dispose();
    }

    private static Descriptor OpenRoots(string path, uint mode, bool keepMode = false)
    {
        Sys.MakeDirectory(path, mode, orExisting: true);
        Descriptor directory = Sys.Open(null, path, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW);
        FileStatus status = Sys.StatusOf(directory);
        if (status.Uid != 0 || (status.Mode & 0x12) != 0)
        {
            directory.Dispose();
            throw new IOException($"{path} must be root's, and nobody else's to write. Remove it, or choose another directory.");
        }

        if (!keepMode)
            Sys.SetMode(directory, mode, path);
        return directory;
    }

    // Read back from the kernel: the mount is there, with both flags.
    private static bool IsMounted(string path)
    {
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            string[] fields = line.Split(' ');
            if (fields[4] == path && fields[5].Split(',') is string[] options && options.Contains("nosuid") && options.Contains("nodev"))
                return true;
        }

        return false;
    }
}
