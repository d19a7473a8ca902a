using System.Collections.Immutable;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// The mount namespace that private rooms are born from: the host's tree, read-only but for a few places, without the service's own
/// directories and what the site hides. Nothing lives in it. What is mounted on the host later appears in it and in its rooms, where the
/// host's mounts are shared.
/// </summary>
public sealed class Nursery : IDisposable
{
    private const ulong Inert = MountAttributes.NoSetId | MountAttributes.NoDevices | MountAttributes.NoExecution;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    // Each room has its own, and nothing of the host's is to stay under it; the cgroups show what else runs on the node.
    private static readonly string[] NotTheHosts = ["/proc", "/dev", "/sys/fs/cgroup", "/tmp", "/var/tmp"];

    private Nursery(MountNamespace mounts, PrivateRoomSettings settings, ImmutableArray<string> devices) => (Mounts, Settings, Devices) = (mounts, settings, devices);

    /// <summary>It.</summary>
    public MountNamespace Mounts { get; }

    /// <summary>What is mounted below /dev: a device each, or a directory of them.</summary>
    public ImmutableArray<string> Devices { get; }

    internal PrivateRoomSettings Settings { get; }

    /// <summary>Makes it from the host as it is now.</summary>
    /// <exception cref="SyscallException">The kernel refuses a step.</exception>
    internal static Nursery Make(CellHost host, PrivateRoomSettings settings)
    {
        List<Descriptor> held = [];
        try
        {
            ImmutableArray<MountStep> steps = [.. Steps(host, settings, held)];
            return new Nursery(MountNamespace.Make(steps, Deadline), settings,
                [.. steps.OfType<MountStep.Attach>().Select(step => step.Target).Where(target => target.StartsWith("/dev/", StringComparison.Ordinal))]);
        }
        finally
        {
            foreach (Descriptor mount in held)
                mount.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Mounts.Dispose();

    private static IEnumerable<MountStep> Steps(CellHost host, PrivateRoomSettings settings, List<Descriptor> held)
    {
        Dictionary<string, int> mounted = MountPoints();
        yield return new MountStep.Propagate(MountPropagation.Slave);
        foreach (string place in NotTheHosts.Append(host.ScratchPath))
            for (int i = 0; i < mounted.GetValueOrDefault(place); i++)
                yield return new MountStep.Detach(place);

        foreach (MountStep step in RoomDevices.Steps(settings.Devices, held))
            yield return step;
        if (RoomPlaces.InReplaced(host.Run) is null)
            yield return new MountStep.Attach(Held(OwnDirectory.Make([]), held), host.Run);
        foreach (string place in settings.Hidden.Append(host.State).Where(p => RoomPlaces.InReplaced(p) is null && Directory.Exists(p)))
            yield return new MountStep.Attach(Held(NewMount.Make("tmpfs", Inert | MountAttributes.ReadOnly, ("size", "4k"), ("mode", "755")), held), place);

        string[] writable = [.. settings.Writable.Where(p => RoomPlaces.InReplaced(p) is null && Path.Exists(p))];
        foreach (string place in writable)
            yield return new MountStep.Bind(place, place);
        yield return new MountStep.Protect("/", MountAttributes.ReadOnly, 0);
        foreach (string place in writable.Where(place => !Sys.IsReadOnly(place)))
            yield return new MountStep.Protect(place, 0, MountAttributes.ReadOnly);
        yield return new MountStep.Propagate(MountPropagation.Shared);
    }

    private static Descriptor Held(Descriptor mount, List<Descriptor> held)
    {
        held.Add(mount);
        return mount;
    }

    // How many mounts lie on each path, one upon the other (proc_pid_mountinfo(5)).
    private static Dictionary<string, int> MountPoints()
        => File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4]).CountBy(path => path).ToDictionary();
}
