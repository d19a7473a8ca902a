namespace Isolation.Linux;

/// <summary>
/// The fresh cgroup of one payload: a directory in the unified hierarchy and, where v1 hierarchies carry controllers, one in each that
/// limits or counts the payload by itself. The warden makes, reads and removes it; nobody else may write there.
/// </summary>
public sealed class Leaf : IDisposable
{
    private readonly List<string> _directories = [];
    private readonly List<Descriptor> _open = [];
    private readonly List<LeafCounter> _counters = [];
    private readonly List<Descriptor> _taskFiles = [];
    private readonly Dictionary<string, string> _v1 = [];

    private Leaf(string path, string unified) => (Path, UnifiedDirectory) = (path, unified);

    /// <summary>Its path in the unified hierarchy, as /proc/PID/cgroup shows it.</summary>
    public string Path { get; }

    /// <summary>The v2 directory, for clone3.</summary>
    public Descriptor Directory { get; private set; } = null!;

    /// <summary>cgroup.kill, for writing.</summary>
    public Descriptor Kill { get; private set; } = null!;

    /// <summary>cgroup.freeze, for writing.</summary>
    public Descriptor Freeze { get; private set; } = null!;

    /// <summary>cgroup.events.</summary>
    public Descriptor Events { get; private set; } = null!;

    /// <summary>The counters that this leaf has on this kernel.</summary>
    public IReadOnlyList<LeafCounter> Counters => _counters;

    /// <summary>Files <c>tasks</c> of the v1 places, for writing: they can move any process, so they are closed as soon as may be.</summary>
    public IReadOnlyList<Descriptor> TaskFiles => _taskFiles;

    /// <summary>The directory in the unified hierarchy, on the host.</summary>
    public string UnifiedDirectory { get; }

    /// <summary>Makes a leaf.</summary>
    /// <param name="plan">Where.</param>
    /// <param name="without">Counters to do without, as if the kernel lacked them.</param>
    /// <exception cref="SyscallException">A step failed; what was made is removed.</exception>
    public static Leaf Create(LeafPlan plan, IReadOnlySet<CounterKind> without)
    {
        Leaf leaf = new($"{plan.UnifiedParent}/{plan.Name}", $"{plan.UnifiedMount}{plan.UnifiedParent}/{plan.Name}");
        try
        {
            leaf.Make(leaf.UnifiedDirectory);
            leaf.Directory = leaf.Open(leaf.UnifiedDirectory, Sys.O_RDONLY | Sys.O_DIRECTORY);
            leaf.Kill = leaf.Open(leaf.UnifiedDirectory + "/cgroup.kill", Sys.O_WRONLY);
            leaf.Freeze = leaf.Open(leaf.UnifiedDirectory + "/cgroup.freeze", Sys.O_WRONLY);
            leaf.Events = leaf.Open(leaf.UnifiedDirectory + "/cgroup.events", Sys.O_RDONLY);
            foreach (V1Place place in plan.V1)
                leaf.Take(place, plan.Name);
            leaf.OpenCounters(without);
            return leaf;
        }
        catch
        {
            leaf.Dispose();
            _ = leaf.Remove();
            throw;
        }
    }

    /// <summary>The leaf's own directory that has a controller, v1 or v2; null where it has none.</summary>
    public string? DirectoryOf(string controller)
        => _v1.TryGetValue(controller, out string? v1) ? v1
        : CgroupFile.TryText(UnifiedDirectory + "/cgroup.controllers") is string has && has.Split([' ', '\n']).Contains(controller) ? UnifiedDirectory
        : null;

    /// <summary>True for a directory in a v1 hierarchy.</summary>
    public bool IsV1(string controller) => _v1.ContainsKey(controller);

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
        foreach (Descriptor descriptor in _open)
            descriptor.Dispose();
    }

    private void Take(V1Place place, string name)
    {
        string cgroup = place.Mount + place.Cgroup;
        if (place.Membership == V1Membership.Leaf)
        {
            cgroup += "/" + name;
            Make(cgroup);
            _v1[place.Controller] = cgroup;
        }

        _taskFiles.Add(Open(cgroup + "/tasks", Sys.O_WRONLY));
    }

    private void OpenCounters(IReadOnlySet<CounterKind> without)
    {
        foreach ((CounterKind kind, string? controller, string file) in CounterFiles.All)
        {
            string? directory = controller is null ? UnifiedDirectory : _v1.GetValueOrDefault(controller);
            if (directory is null || without.Contains(kind))
                continue;
            if (Sys.TryOpen(null, System.Text.Encoding.UTF8.GetBytes($"{directory}/{file}"), Sys.O_RDONLY, 0, out _) is not Descriptor open)
                continue;
            _open.Add(open);
            _counters.Add(new LeafCounter(kind, open));
        }
    }

    private void Make(string path)
    {
        if (!Sys.TryMakeDirectory(path, 0x1ed, out int errno))
            throw new SyscallException("mkdir", path, errno);
        _directories.Add(path);
    }

    private Descriptor Open(string path, int flags)
    {
        Descriptor descriptor = Sys.Open(null, path, flags);
        _open.Add(descriptor);
        return descriptor;
    }
}
