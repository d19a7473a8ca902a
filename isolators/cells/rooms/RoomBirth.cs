using System.Collections.Immutable;
using System.Globalization;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>What one room gets when it is born: file systems of its own, attached by the child that becomes its cell-init.</summary>
public sealed class RoomBirth : IDisposable
{
    private const ulong Untrusted = MountAttributes.NoSetId | MountAttributes.NoDevices;
    private const int SmallestInode = 4096; // bytes of a file system for each file in it
    private readonly List<Descriptor> _mounts = [];
    private readonly List<MountStep> _steps = [new MountStep.Propagate(MountPropagation.Slave)];

    private RoomBirth() { }

    /// <summary>True where the kernel has POSIX message queues.</summary>
    public static bool KnowsMessageQueues => File.ReadAllText("/proc/filesystems").Contains("\tmqueue\n", StringComparison.Ordinal);

    /// <summary>The steps of the child.</summary>
    public ImmutableArray<MountStep> Steps => [.. _steps];

    /// <summary>Prepares the file systems of one room that is born with its namespaces.</summary>
    public static RoomBirth Prepare(CellHost host, PrivateRoomSettings settings) => Make(birth =>
    {
        birth.AddTree(host, settings);
        birth.AddOfNamespaces(settings);
    });

    /// <summary>Prepares the tree of a room whose namespaces somebody else makes, who then mounts what belongs to them: /proc, /dev/mqueue, /sys.</summary>
    public static RoomBirth PrepareTree(CellHost host, PrivateRoomSettings settings) => Make(birth => birth.AddTree(host, settings));

    private static RoomBirth Make(Action<RoomBirth> add)
    {
        RoomBirth birth = new();
        try
        {
            add(birth);
            return birth;
        }
        catch
        {
            birth.Dispose();
            throw;
        }
    }

    /// <summary>A further step, after those that are there.</summary>
    public void Then(MountStep step) => _steps.Add(step);

    /// <summary>A further mount, attached after what is there; this object's from now on.</summary>
    public void Then(Descriptor mount, string target) => Add(mount, target);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Descriptor mount in _mounts)
            mount.Dispose();
    }

    private void AddTree(CellHost host, PrivateRoomSettings settings)
    {
        foreach (string place in RoomPlaces.Replaced)
        {
            Descriptor own = Memory(place == "/dev/shm" ? settings.SharedMemoryBytes : settings.TemporaryBytes);
            string[] within = [.. settings.Binds.Append(host.Run).Where(path => RoomPlaces.InReplaced(path)?.Place == place)];
            foreach (string path in within)
                MountPlace.Make(own, RoomPlaces.InReplaced(path)!.Value.Below, isDirectory: true);
            foreach (string path in settings.Hidden)
                if (RoomPlaces.InReplaced(path) is { } hidden && hidden.Place == place)
                    MountPlace.Make(own, hidden.Below, isDirectory: true);
            Add(own, place);
            foreach (string path in within)
                Add(path == host.Run ? OwnDirectory.Make([]) : SeenReadOnly(path), path);
        }

        Add(NewMount.Make("devpts", MountAttributes.NoSetId | MountAttributes.NoExecution, ("ptmxmode", "0666"), ("mode", "0620"), ("gid", "5")), "/dev/pts");
    }

    private void AddOfNamespaces(PrivateRoomSettings settings)
    {
        _steps.Add(new MountStep.New("proc", "/proc", "hidepid=2"));
        if (KnowsMessageQueues)
            _steps.Add(new MountStep.New("mqueue", "/dev/mqueue", ""));
        if (settings.HasOwnNetwork)
        {
            _steps.Add(new MountStep.New("sysfs", "/sys", ""));
            _steps.Add(new MountStep.Protect("/sys", MountAttributes.ReadOnly, 0));
        }
    }

    private void Add(Descriptor mount, string target)
    {
        _mounts.Add(mount);
        _steps.Add(new MountStep.Attach(mount, target));
    }

    private static Descriptor Memory(long bytes) => NewMount.Make("tmpfs", Untrusted,
        ("size", bytes.ToString(CultureInfo.InvariantCulture)),
        ("nr_inodes", (bytes / SmallestInode + 16).ToString(CultureInfo.InvariantCulture)),
        ("mode", "1777"));

    private static Descriptor SeenReadOnly(string path)
    {
        using Descriptor place = Sys.Open(null, path, Sys.O_PATH | Sys.O_DIRECTORY);
        Descriptor copy = Sys.CloneTree(place, path, withMountsBelow: true);
        Sys.SetMountAttributes(copy, new MountAttributes { Set = MountAttributes.ReadOnly | Untrusted }, path, withMountsBelow: true);
        return copy;
    }
}
