using System.Collections.Immutable;
using System.Text;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Images;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Container;

/// <summary>
/// Has an OCI runtime build a container whose tree is the host's, as private rooms show it, and whose first process is cell-init: root inside, an id of
/// its own on the host, with the capabilities that it needs there and none outside.
/// </summary>
/// <param name="host">Where cells live.</param>
/// <param name="settings">What containers are like now.</param>
/// <param name="runtime">The runtime.</param>
/// <param name="nurseries">What their trees are copied from.</param>
/// <param name="words">Where cell-init writes what it has to say.</param>
/// <param name="lookups">Who else waits for an image.</param>
internal sealed class ContainerBirth(CellHost host, PrivateRoomSettings settings, OciRuntime runtime, Nurseries nurseries, ResidentWords words, ImageLookups lookups)
{
    private const int SIGKILL = 9;
    private const string CgroupMount = "/sys/fs/cgroup";
    private static readonly TimeSpan BuilderPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProofDeadline = TimeSpan.FromSeconds(30);

    // What cell-init does with them, inside only: ends the payload; becomes its account; empties its bounding set; attaches what it brings, and makes its cgroup namespace.
    private static readonly ImmutableArray<string> Needed = ["CAP_KILL", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_SYS_ADMIN"];

    // What the kernel shows of the host below /proc and /sys to whoever may read it. Where containers nest, all of it is seen: an own /proc or /sys can be
    // mounted only by who sees another as a whole (mount_namespaces(7)), and files of the host's root are nobody's inside.
    private static readonly ImmutableArray<string> Masked =
        ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/scsi", "/proc/timer_list", "/sys/firmware"];

    private static readonly ImmutableArray<string> ReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <summary>Does it. Where it comes to nothing, all of it is undone.</summary>
    /// <param name="image">What it shows as its tree; null for the host's.</param>
    /// <param name="ids">The ids that are there inside.</param>
    /// <param name="oomScoreAdjustment">
    /// The pilot's. Set here by the host's root, below it nobody inside can go (proc(5), oom_score_adj): a user namespace's root sets no such floor.
    /// </param>
    /// <param name="room">The room's own cgroup, in which the container's first process is born.</param>
    /// <param name="network">Its network namespace; or the one that its own leads to; null for the host's.</param>
    /// <param name="ticket">The room's ticket.</param>
    /// <exception cref="SetupException">A step failed.</exception>
    internal async Task<RoomResident> BearAsync(ContainerImage? image, ContainerIds ids, int? oomScoreAdjustment, RoomDirectories room, PilotNetwork? network, TicketFile ticket)
    {
        Rollback undo = new("container birth");
        OciDirectory? directory = null;
        try
        {
            undo.Begin("control socket");
            using UnixSocket listener = UnixSocket.Listen(UnixSocketKind.Stream, ticket.SocketPath, backlog: 4);

            undo.Begin("bundle");
            Nursery nursery = nurseries.Of(settings);
            directory = OciDirectory.Make(ticket.Directory, Spec(ids, nursery.Devices), host.Clock);
            undo.Push(directory.Remove);

            undo.Begin("runtime");
            undo.Push(() => End(room));
            await RunAsync(image, nursery, directory, oomScoreAdjustment, room, network, listener, ticket).ConfigureAwait(false);
            CrashPoint.Reach("warden: container birth: built");
            room.TakeBackFirst();
            PidFd cellInit = Hold(directory, room, ids);
            undo.Push(() =>
            {
                cellInit.Signal(SIGKILL); // also where its pilot has moved it
                cellInit.Dispose();
            });

            undo.Begin("control connection");
            listener.Dispose(); // cell-init has it: should that die, nobody else must seem to listen
            CellControl control = await CellControl.ConnectToNewAsync(ticket.SocketPath, ticket.Ticket.Secret, ProofDeadline).ConfigureAwait(false);
            undo.Push(() => { _ = control.DisposeAsync().AsTask(); }); // nobody waits for its reader

            undo.Begin("runtime's notes");
            await BuilderEndsAsync(room).ConfigureAwait(false);
            if ((directory.Remove() ?? room.RemoveBuilder()) is string left)
                throw new IOException(left);
            if (settings.Network == RoomNetwork.User)
            {
                undo.Begin("network");
                await UserNetwork.Installed.ServeAsync(cellInit, room, nursery, network, oomScoreAdjustment, host.Clock).ConfigureAwait(false);
                CrashPoint.Reach("warden: container birth: network served");
            }

            ticket.Note(t => t with { CellInit = ProcessStamp.Of(cellInit), Control = control.Version });
            return new RoomResident(cellInit, control) { Undo = undo.Unwind };
        }
        catch (Exception e)
        {
            throw new SetupException(undo.Step, e.Message, undo.Unwind(), e);
        }
        finally
        {
            directory?.Dispose();
        }
    }

    // Whoever is in the room's own cgroup: the runtime, what it has started, and the first process.
    private static void End(RoomDirectories room)
    {
        room.KillAll();
        for (int i = 0; i < 100 && !room.IsEmpty; i++)
            _ = Sys.Poll([], 10);
    }

    // crun's child ends a moment after crun: the container lives, and nothing of the builder's is needed any more.
    private async Task BuilderEndsAsync(RoomDirectories room)
    {
        long since = host.Clock.GetTimestamp();
        while (!room.IsBuilderEmpty && host.Clock.GetElapsedTime(since) < BuilderPatience)
        {
            room.KillBuilder();
            await Task.Delay(TimeSpan.FromMilliseconds(1), host.Clock).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(ContainerImage? image, Nursery nursery, OciDirectory directory, int? oomScoreAdjustment, RoomDirectories room, PilotNetwork? network, UnixSocket listener, TicketFile ticket)
    {
        ContainerPlaces places = new(host.Run);
        using RoomBirth tree = RoomBirth.PrepareTree(host, settings);
        tree.Then(image is null ? ContainerPlaces.Make() : ContainerPlaces.MakeWithImage(), host.Run);
        if (image is null)
        {
            tree.Then(Resident(), places.Resident);
            tree.Then(new MountStep.Bind("/", places.Root));
            tree.Then(new MountStep.Detach($"{places.Root}/dev")); // the runtime shows it there again: it would else make one of its own
        }
        else
        {
            ImageTree.Add(tree, host, settings, image, Resident);
        }

        // From here on for the runtime alone. Of the hierarchies it sees the room's own cgroup, as if that were all of a host of pure v2: it makes, gives
        // controllers to, and moves into nothing else, and follows no path that a pilot could change.
        tree.Then(new MountStep.New("proc", "/proc", ""));
        if (settings.HasOwnNetwork)
            tree.Then(new MountStep.Protect("/sys", 0, MountAttributes.ReadOnly)); // crun mounts the container's writable first, which the kernel refuses where all that can be seen are read-only
        tree.Then(Apart(Sys.CloneTree(room.Directory, "the room's cgroup"), "the room's cgroup"), CgroupMount);
        tree.Then(Apart(Sys.CloneTree(directory.Directory, places.Configuration), places.Configuration), places.Configuration);
        using IDisposable? lookup = image is null or { Stored: not null } ? null : lookups.Begin(image.Source.Image);
        using Descriptor secret = SealedMemory.Create("secret"u8, ticket.Ticket.Secret);
        await runtime.RunAsync(new OciRun(
            $"isolation-{ticket.Ticket.Cell:N}", directory.Directory, places.Configuration, room.Builder, nursery.Mounts, tree.Steps,
            settings.HasOwnNetwork ? null : network?.File, oomScoreAdjustment, words.End, [listener, secret])).ConfigureAwait(false);
    }

    // The number is the runtime's word; that it is in the room's own cgroup and has these ids and no others is the kernel's, and that it is the cell it proves itself.
    private static PidFd Hold(OciDirectory directory, RoomDirectories room, ContainerIds ids)
    {
        int pid = directory.FirstPid() ?? throw new IOException("the runtime has not told the number of the container's first process");
        PidFd cellInit = PidFd.TryOpen(pid, out int errno) ?? throw new SyscallException("pidfd_open", $"the container's first process, pid {pid}", errno);
        string cgroups = KernelFile.TextOrNothing($"/proc/{pid}/cgroup");
        bool isThere = ProcessCgroups.Parse(cgroups).Unified == room.Plan.FirstPath;
        if (isThere && ContainerIds.Are(ids.Uids, pid, "uid_map") && ContainerIds.Are(ids.Gids, pid, "gid_map") && !cellInit.IsOver)
            return cellInit;
        cellInit.Dispose(); // not signalled: whose it is nobody knows
        throw new IOException($"pid {pid}, by its runtime the container's first process, {(isThere ? "has other ids than the container was to have" : $"is not in {room.Plan.FirstPath}")}");
    }

    private OciSpec Spec(ContainerIds ids, ImmutableArray<string> devices)
    {
        ContainerPlaces places = new(host.Run);
        ImmutableArray<ReadOnlyMemory<byte>> environment = [];
        CrashSwitch.Tell(ref environment);
        string[] kinds = settings.HasOwnNetwork ? ["pid", "ipc", "uts", "mount", "user", "network"] : ["pid", "ipc", "uts", "mount", "user"];
        List<OciMount> mounts =
        [
            new("/proc", "proc", "proc", ["nosuid", "nodev", "noexec", "hidepid=2"]),
            // As the tree has it: the runtime is to make no nodes of its own.
            new("/dev", "bind", "/dev", ["rbind"]),
            // One by one too: of a tree crun 1.8 shows the uppermost mount only.
            .. devices.Concat(["/dev/pts", "/dev/shm"]).Select(place => new OciMount(place, "bind", place, ["bind"])),
        ];
        if (RoomBirth.KnowsMessageQueues)
            mounts.Add(new OciMount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "nodev", "noexec"]));
        if (settings.HasOwnNetwork)
            mounts.Add(new OciMount("/sys", "sysfs", "sysfs", ["nosuid", "nodev", "noexec", "ro"]));
        return new OciSpec(
            "1.0.2",
            new OciProcess(
                Terminal: false, new OciUser(0, 0), [places.Resident], [.. environment.Select(entry => Encoding.UTF8.GetString(entry.Span))], "/",
                new OciCapabilities(Needed, Needed, Needed), NoNewPrivileges: true),
            new OciRoot(places.Root, Readonly: false),
            [.. mounts],
            new OciLinux([.. kinds.Select(kind => new OciNamespace(kind))], ids.Uids, ids.Gids, $"/{RoomCgroup.First}", "rslave",
                settings.NestedContainers ? [] : Masked, settings.NestedContainers ? [] : ReadOnly));
    }

    private Descriptor Resident() => Shown(Sys.Open(null, host.CellInit, Sys.O_PATH | Sys.O_NOFOLLOW), host.CellInit);

    // Nothing that the runtime mounts there is to appear on the host.
    private static Descriptor Apart(Descriptor mount, string name)
    {
        Sys.SetMountAttributes(mount, new MountAttributes { Propagation = MountAttributes.Private }, name);
        return mount;
    }

    private static Descriptor Shown(Descriptor place, string name)
    {
        using (place)
        {
            Descriptor mount = Sys.CloneTree(place, name);
            Sys.SetMountAttributes(mount, new MountAttributes
            {
                Set = MountAttributes.ReadOnly | MountAttributes.NoSetId | MountAttributes.NoDevices,
                Propagation = MountAttributes.Private,
            }, name);
            return mount;
        }
    }
}
