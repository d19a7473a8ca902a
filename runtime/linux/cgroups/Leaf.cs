using Isolation.Core;

namespace Isolation.Linux;

/// <summary>
/// The fresh cgroup of one payload: a directory in the unified hierarchy and, where v1 hierarchies carry controllers, one in each that
/// limits or counts the payload by itself. The warden makes, reads and removes it; nobody else may write there.
/// </summary>
public sealed class Leaf : IDisposable
{
    private readonly List<Descriptor> _open = [];
    private readonly List<LeafCounter> _counters = [];
    private readonly List<Descriptor> _taskFiles = [];
    private readonly Dictionary<string, LeafDirectory> _v1 = [];
    private readonly Dictionary<string, Descriptor> _joined = [];
    private Descriptor? _kill;
    private Descriptor? _freeze;
    private Descriptor? _events;

    private Leaf(LeafPlan plan, LeafDirectory unified) => (Plan, Path, Unified) = (plan, plan.UnifiedPath, unified);

    /// <summary>What it was made to.</summary>
    public LeafPlan Plan { get; }

    /// <summary>Its path in the unified hierarchy, as /proc/PID/cgroup shows it.</summary>
    public string Path { get; }

    /// <summary>The v2 directory, for clone3.</summary>
    public Descriptor Directory => Unified.Directory;

    /// <summary>The room's own cgroup, which goes with the leaf; null where it has none.</summary>
    public RoomDirectories? Room { get; private set; }

    /// <summary>cgroup.kill, for writing.</summary>
    public Descriptor Kill => _kill ?? throw Gone();

    /// <summary>cgroup.freeze, for writing.</summary>
    public Descriptor Freeze => _freeze ?? throw Gone();

    /// <summary>cgroup.events.</summary>
    public Descriptor Events => _events ?? throw Gone();

    /// <summary>The counters that this leaf has on this kernel.</summary>
    public IReadOnlyList<LeafCounter> Counters => _counters;

    /// <summary>Files <c>tasks</c> of the v1 places, for writing: they can move any process.</summary>
    public IReadOnlyList<Descriptor> TaskFiles => _taskFiles;

    /// <summary>The directory in the unified hierarchy.</summary>
    public LeafDirectory Unified { get; }

    /// <summary>Makes a leaf.</summary>
    /// <param name="plan">Where.</param>
    /// <param name="without">Counters to do without, as if the kernel lacked them.</param>
    /// <param name="built">The room's own cgroup, where it is there already: the leaf's from now on. Null where the plan's is to be made.</param>
    /// <exception cref="SyscallException">A step failed; what was made is removed.</exception>
    public static Leaf Create(LeafPlan plan, IReadOnlySet<CounterKind> without, RoomDirectories? built = null)
    {
        RoomDirectories? room = built ?? (plan.Room is null ? null : RoomDirectories.Make(plan));
        Leaf? leaf = null;
        try
        {
            leaf = new Leaf(plan, room?.MakeLeaf(plan.Name) ?? LeafDirectory.Make(plan.UnifiedMount + plan.UnifiedParent, plan.Name));
            if (plan.Room is RoomCgroup own)
                RoomDirectories.Give(leaf.Unified, own.Owner);
            leaf._kill = leaf.Keep(leaf.Unified.Open("cgroup.kill", Sys.O_WRONLY));
            leaf._freeze = leaf.Keep(leaf.Unified.Open("cgroup.freeze", Sys.O_WRONLY));
            leaf._events = leaf.Keep(leaf.Unified.Open("cgroup.events", Sys.O_RDONLY));
            CrashPoint.Reach("warden: leaf: made in the v2 hierarchy");
            foreach (V1Place place in plan.V1)
                leaf.Take(place, plan.Name);
            CrashPoint.Reach("warden: leaf: made");
            leaf.OpenCounters(without);
            leaf.Room = room;
            return leaf;
        }
        catch
        {
            _ = leaf?.Remove();
            leaf?.Dispose();
            if (built is null)
            {
                _ = room?.Remove();
                room?.Dispose();
            }

            throw;
        }
    }

    /// <summary>Finds a leaf that an earlier process has made; of one that is gone, every part that is.</summary>
    /// <param name="plan">Where it was made.</param>
    /// <param name="inodes">Its directories' inodes, in the order of <see cref="Directories"/>; null where nobody has noted them.</param>
    /// <param name="without">Counters to do without, as if the kernel lacked them.</param>
    public static Leaf Find(LeafPlan plan, IReadOnlyList<long>? inodes, IReadOnlySet<CounterKind> without)
    {
        RoomDirectories? room = plan.Room is null ? null : RoomDirectories.Find(plan);
        Leaf leaf = new(plan, room?.FindLeaf(plan.Name, inodes?[^1]) ?? LeafDirectory.Find(plan.UnifiedMount + plan.UnifiedParent, plan.Name, inodes?[^1])) { Room = room };
        try
        {
            leaf._kill = leaf.KeepIfThere(leaf.Unified.TryOpen("cgroup.kill", Sys.O_WRONLY));
            leaf._freeze = leaf.KeepIfThere(leaf.Unified.TryOpen("cgroup.freeze", Sys.O_WRONLY));
            leaf._events = leaf.KeepIfThere(leaf.Unified.TryOpen("cgroup.events", Sys.O_RDONLY));
            int next = 0;
            foreach (V1Place place in plan.V1)
            {
                if (place.Membership == V1Membership.Leaf)
                    leaf._v1[place.Controller] = LeafDirectory.Find(place.Mount + place.Cgroup, plan.Name, inodes?[next++]);
                else if (Sys.TryOpen(null, System.Text.Encoding.UTF8.GetBytes(place.Mount + place.Cgroup), Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out _) is Descriptor joined)
                    leaf._joined[place.Controller] = leaf.Keep(joined);
            }

            leaf.OpenCounters(without);
            return leaf;
        }
        catch
        {
            leaf.Dispose();
            throw;
        }
    }

    /// <summary>The leaf's own directory that has a controller, v1 or v2; null where it has none.</summary>
    public LeafDirectory? DirectoryOf(string controller)
        => _v1.TryGetValue(controller, out LeafDirectory? v1) ? v1
        : Unified.Text("cgroup.controllers") is string has && has.Split([' ', '\n']).Contains(controller) ? Unified
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
                return _events is null || CgroupFile.Keyed(CgroupFile.Text(_events), "populated") == 0;
            }
            catch (SyscallException e) when (e.Errno == Errno.ENODEV)
            {
                return true;
            }
        }
    }

    /// <summary>
    /// True while a signal does not act on its processes, because somebody has frozen them: a batch system suspends its job so. A freezer of v1 holds
    /// back every signal, cgroup.freeze of v2 all but the one that kills.
    /// </summary>
    public bool HoldsBack(int signal)
    {
        const int kill = 9;
        try
        {
            return _counters.Find(counter => counter.Kind == CounterKind.V1FreezerState) is LeafCounter freezer && CgroupFile.Text(freezer.File).Trim() is ("FROZEN" or "FREEZING")
                || (signal != kill && _events is not null && CgroupFile.Keyed(CgroupFile.Text(_events), "frozen") == 1);
        }
        catch (Exception e) when (e is SyscallException or ObjectDisposedException)
        {
            return false; // gone, and with it whoever was held
        }
    }

    /// <summary>Kills every process in it; in one that has been removed there is none.</summary>
    public void KillAll()
    {
        if (_kill is null)
            return;
        try
        {
            Sys.WriteAll(Freeze, "1"u8); // a frozen fork bomb stops competing with its own end
            Sys.WriteAll(Kill, "1"u8);
            Sys.WriteAll(Freeze, "0"u8);
        }
        catch (SyscallException e) when (e.Errno == Errno.ENODEV)
        {
        }
    }

    /// <summary>The room's own cgroup is no longer the leaf's: it was there before, and stays.</summary>
    public void LetGoOfRoom() => Room = null;

    /// <summary>Removes the directories of an empty leaf. rmdir can block: call it where the thread may hang.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public string? Remove() => Remove(Directories) ?? Room?.Remove();

    /// <summary>As <see cref="Remove()"/>, only what is in a batch system's directories: the v1 hierarchies where there are any. The counters there are gone with it.</summary>
    public string? RemoveFromJob() => Plan.V1.IsEmpty ? Remove() : Remove(_v1.Values);

    /// <summary>
    /// Closes what whoever enters has been given: the counters, but the one of the freezer, and the task files. A warden holds many leaves at a time, and
    /// their counters would be most of its descriptors.
    /// </summary>
    public void GiveUpWhatIsHanded()
    {
        foreach (LeafCounter counter in _counters.Where(counter => counter.Kind != CounterKind.V1FreezerState))
            counter.File.Dispose();
        foreach (Descriptor tasks in _taskFiles)
            tasks.Dispose();
        _counters.RemoveAll(counter => counter.Kind != CounterKind.V1FreezerState);
        _taskFiles.Clear();
    }

    /// <summary>Closes the descriptors; the directories stay.</summary>
    public void Dispose()
    {
        foreach (Descriptor descriptor in _open)
            descriptor.Dispose();
        foreach (LeafDirectory directory in Directories)
            directory.Dispose();
        Room?.Dispose();
    }

    private static string? Remove(IEnumerable<LeafDirectory> directories)
    {
        string? left = null;
        foreach (LeafDirectory directory in directories)
            left ??= directory.Remove();
        return left;
    }

    /// <summary>Its directories, one in each hierarchy in which it has one, the unified one last.</summary>
    public IEnumerable<LeafDirectory> Directories => _v1.Values.Append(Unified);

    private void Take(V1Place place, string name)
    {
        if (place.Membership == V1Membership.Leaf)
        {
            LeafDirectory made = LeafDirectory.Make(place.Mount + place.Cgroup, name);
            _v1[place.Controller] = made;
            _taskFiles.Add(Keep(made.Open("tasks", Sys.O_WRONLY)));
            return;
        }

        Descriptor joined = Keep(Sys.Open(null, place.Mount + place.Cgroup, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW));
        Descriptor tasks = Keep(Sys.Open(joined, "tasks", Sys.O_WRONLY));
        // Whose files are the pilot's, in that cgroup the payload would be at its mercy.
        if (Sys.StatusOf(tasks).Uid != 0)
            throw new SyscallException("open", $"{place.Mount}{place.Cgroup}/tasks", Errno.EPERM, "It is not root's any more.");
        _joined[place.Controller] = joined;
        _taskFiles.Add(tasks);
    }

    private void OpenCounters(IReadOnlySet<CounterKind> without)
    {
        foreach (CounterFile counter in CounterFiles.All)
        {
            LeafDirectory? own = counter.V1Controller is not string controller ? Unified : _v1.GetValueOrDefault(controller);
            Descriptor? joined = own is null && counter.AlsoWhereJoined ? _joined.GetValueOrDefault(counter.V1Controller!) : null;
            if (without.Contains(counter.Kind))
                continue;
            Descriptor? open = own?.TryOpen(counter.File, Sys.O_RDONLY)
                ?? (joined is null ? null : Sys.TryOpen(joined, System.Text.Encoding.ASCII.GetBytes(counter.File), Sys.O_RDONLY, 0, out _));
            if (open is not null)
                _counters.Add(new LeafCounter(counter.Kind, Keep(open)));
        }
    }

    private SyscallException Gone() => new("open", Unified.Path, Errno.ENOENT, "The leaf is gone.");

    private Descriptor? KeepIfThere(Descriptor? descriptor) => descriptor is null ? null : Keep(descriptor);

    private Descriptor Keep(Descriptor descriptor)
    {
        _open.Add(descriptor);
        return descriptor;
    }
}
