namespace Isolation.Linux;

/// <summary>
/// The fresh cgroup of one payload: a directory in the unified hierarchy and, on a hybrid host, one in the memory hierarchy of v1
/// for its peak. The warden makes, reads and removes it; nobody else may write there.
/// </summary>
public sealed class Leaf : IDisposable
{
    private readonly List<string> _directories;

    private Leaf(string path, List<string> directories, Descriptor directory, Descriptor kill, Descriptor freeze, Descriptor events, Descriptor cpuStat,
        Descriptor? memoryPeak, IReadOnlyList<Descriptor> taskFiles)
        => (Path, _directories, Directory, Kill, Freeze, Events, CpuStat, MemoryPeak, TaskFiles)
            = (path, directories, directory, kill, freeze, events, cpuStat, memoryPeak, taskFiles);

    /// <summary>Its path in the unified hierarchy, as /proc/PID/cgroup shows it.</summary>
    public string Path { get; }

    /// <summary>The v2 directory, for clone3.</summary>
    public Descriptor Directory { get; }

    /// <summary>cgroup.kill, for writing.</summary>
    public Descriptor Kill { get; }

    /// <summary>cgroup.freeze, for writing.</summary>
    public Descriptor Freeze { get; }

    /// <summary>cgroup.events.</summary>
    public Descriptor Events { get; }

    /// <summary>cpu.stat.</summary>
    public Descriptor CpuStat { get; }

    /// <summary>The largest memory charged: memory.max_usage_in_bytes of v1 or memory.peak of v2; null where there is neither.</summary>
    public Descriptor? MemoryPeak { get; }

    /// <summary>Files <c>tasks</c> of the v1 directories, for writing: they can move any process, so they are closed as soon as may be.</summary>
    public IReadOnlyList<Descriptor> TaskFiles { get; }

    /// <summary>Makes a leaf below the service's slice.</summary>
    /// <param name="layout">The host's hierarchies.</param>
    /// <param name="slice">The name of the service's slice, below the root of each hierarchy.</param>
    /// <param name="name">The leaf's name.</param>
    /// <exception cref="SyscallException">A step failed; what was made is removed.</exception>
    public static Leaf Create(CgroupLayout layout, string slice, string name)
    {
        string unified = layout.Unified
            ?? throw new SyscallException("cgroup", "v2 hierarchy", Errno.ENOENT, "Mount cgroup2, for example at /sys/fs/cgroup/unified.");
        List<string> made = [];
        List<Descriptor> open = [];
        try
        {
            string v2 = Make(unified, slice, name, made);
            Descriptor directory = Open(v2, "", Sys.O_RDONLY | Sys.O_DIRECTORY, open);
            Descriptor kill = Open(v2, "/cgroup.kill", Sys.O_WRONLY, open);
            Descriptor freeze = Open(v2, "/cgroup.freeze", Sys.O_WRONLY, open);
            Descriptor events = Open(v2, "/cgroup.events", Sys.O_RDONLY, open);
            Descriptor cpuStat = Open(v2, "/cpu.stat", Sys.O_RDONLY, open);
            Descriptor? peak = null;
            List<Descriptor> tasks = [];
            if (layout.V1.TryGetValue("memory", out string? memory))
            {
                string v1 = Make(memory, slice, name, made);
                peak = Open(v1, "/memory.max_usage_in_bytes", Sys.O_RDONLY, open);
                tasks.Add(Open(v1, "/tasks", Sys.O_WRONLY, open));
            }
            else if (File.Exists(v2 + "/memory.peak"))
            {
                peak = Open(v2, "/memory.peak", Sys.O_RDONLY, open);
            }

            return new Leaf($"/{slice}/{name}", made, directory, kill, freeze, events, cpuStat, peak, tasks);
        }
        catch
        {
            foreach (Descriptor descriptor in open)
                descriptor.Dispose();
            foreach (string path in made)
                _ = Sys.TryRemoveDirectory(path, out _);
            throw;
        }
    }

    /// <summary>True when no process is in it; one that has been removed had none.</summary>
    public bool IsEmpty
    {
        get
        {
            try
            {
                return CgroupFile.Keyed(CgroupFile.Text(Events), "populated") == 0;
            }
            catch (SyscallException e) when (e.Errno == Errno.ENODEV)
            {
                return true;
            }
        }
    }

    /// <summary>Kills every process in it.</summary>
    public void KillAll()
    {
        Sys.WriteAll(Freeze, "1"u8); // a frozen fork bomb stops competing with its own end
        Sys.WriteAll(Kill, "1"u8);
        Sys.WriteAll(Freeze, "0"u8);
    }

    /// <summary>Removes the directories of an empty leaf. rmdir can block: call it where the thread may hang.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public string? Remove()
    {
        foreach (string path in _directories)
        {
            if (!Sys.TryRemoveDirectory(path, out int errno) && errno != Errno.ENOENT)
                return $"{path}: {ErrnoText.Of(errno)}";
        }

        return null;
    }

    /// <summary>Closes the descriptors; the directories stay.</summary>
    public void Dispose()
    {
        foreach (Descriptor descriptor in new[] { Directory, Kill, Freeze, Events, CpuStat })
            descriptor.Dispose();
        MemoryPeak?.Dispose();
        foreach (Descriptor tasks in TaskFiles)
            tasks.Dispose();
    }

    private static string Make(string root, string slice, string name, List<string> made)
    {
        string parent = $"{root}/{slice}", path = $"{parent}/{name}";
        if (!Sys.TryMakeDirectory(path, 0x1ed, out int errno) && errno == Errno.ENOENT)
        {
            Sys.MakeDirectory(parent, 0x1ed, orExisting: true);
            _ = Sys.TryMakeDirectory(path, 0x1ed, out errno);
        }

        if (errno != 0)
            throw new SyscallException("mkdir", path, errno);
        made.Add(path);
        return path;
    }

    private static Descriptor Open(string directory, string file, int flags, List<Descriptor> open)
    {
        Descriptor descriptor = Sys.Open(null, directory + file, flags);
        open.Add(descriptor);
        return descriptor;
    }
}
