using Isolation.Cells;
using Isolation.Core;
using Isolation.Images;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Container;

/// <summary>
/// The level container: user, pid, mount, ipc and uts namespaces of its own, built by an OCI runtime; its root is an id of the site's range for rooms. Room kind
/// <c>oci</c>.
/// </summary>
/// <param name="host">Where cells live.</param>
/// <param name="settings">What containers are like now.</param>
/// <param name="log">Takes one line an event.</param>
public sealed class ContainerIsolator(CellHost host, Func<ContainerSettings> settings, Action<string> log) : IHostIsolator
{
    /// <summary>The kind of room that an OCI runtime builds.</summary>
    public const string Oci = RoomKey.Oci;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5), CollectEvery = TimeSpan.FromHours(1);
    private readonly Nurseries _nurseries = new(host);
    private readonly ResidentWords _words = new(log);
    private readonly ImageStore _store = new(host, log);
    private volatile Choice? _works; // seen by the last probe

    /// <summary>From now on removes unpacked images that nobody asks for, now and then; ends with the process.</summary>
    public async Task CollectImagesAsync()
    {
        while (true)
        {
            try
            {
                await Task.Run(() => _store.Collect(settings().Images)).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                log($"unpacked images could not be looked through: {e.Message}");
            }

            await Task.Delay(CollectEvery, host.Clock).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public IsolatorDescription Description { get; } = new(Level.Container, [Oci], [Position.Beside, Position.Below, Position.Inside, Position.Own]);

    /// <inheritdoc/>
    /// <remarks>
    /// What is built ahead has its ids, and the host's tree: an image is one of many, and those that nobody asks for again would wait for ever. It is in the
    /// service's slice, and does where the payload's leaf is there in the v2 hierarchy, as it is for pilots in no job and everywhere where controllers are in
    /// hierarchies of v1.
    /// </remarks>
    public RoomPlan? Ahead(RoomPlan asked)
    {
        if (asked.Key.Network is not null || asked.Key.Image is not null || asked.Account is not UserId account || settings().Ids?.IsPayloads(account.Value) != true)
            return null;
        bool isAlwaysInSlice = host.Cgroups.V1.Count > 0;
        if (isAlwaysInSlice && host.Tracking.IsEmpty)
            return asked with { Client = null }; // wherever the client is: nobody need look here, and again at the entry
        PilotCgroups pilot;
        try
        {
            pilot = PilotCgroups.Of((PidFd)asked.Client!, host.Cgroups, host.Tracking);
        }
        catch (SyscallException)
        {
            return null; // whoever builds for this client tells why it cannot be done
        }

        return (pilot.Job is null || isAlwaysInSlice) && pilot.TrackingGroup is null ? asked with { Client = null } : null;
    }

    /// <inheritdoc/>
    public RoomPlan After(RoomPlan ahead) => settings().Ids is RoomIds ids && ahead.Account is UserId account ? ahead with { Account = new UserId(ids.After(account.Value)) } : ahead;

    /// <inheritdoc/>
    public async Task<Readiness> ProbeAsync(CancellationToken ct)
    {
        ContainerSettings now = settings();
        if (now.Ids is null)
            return new Readiness.NotReady("the installed policy sets no ids aside for rooms", "Add accounts: { rooms: { range: FIRST-LAST, ids-per-room: 2 } } to the policy, and install it: isolation policy install.");
        IReadOnlyList<OciRuntime> installed = OciRuntime.Installed(now.Runtime);
        if (installed.Count == 0)
            return new Readiness.NotReady(None(now), now.Runtime is null ? "Install one: apt install crun, or dnf install crun." : "Install it, or name another: levels: { container: { runtime: PATH } }.");
        if (now.Room.Network == RoomNetwork.User && UserNetwork.Installed.Fault is string missing)
            return new Readiness.NotReady($"containers are to have a network of their own that leads to their pilot's (levels: {{ container: {{ network: user }} }}), and pasta cannot be run: {missing}",
                "Install it: apt install passt, or dnf install passt. Or write network: pilot, or network: none.");
        if (KernelFile.TextOrNothing("/proc/sys/user/max_cgroup_namespaces").Trim() == "0")
            return new Readiness.NotReady("no cgroup namespace can be made", "Allow them: sysctl user.max_cgroup_namespaces=1000");

        List<string> faults = [];
        foreach (OciRuntime runtime in installed.OrderByDescending(r => r.Program == _works?.Runtime.Program)) // one that hangs is not to hold up every probe
        {
            if ((runtime.Fault ?? await TryAsync(now, runtime).ConfigureAwait(false)) is string fault)
            {
                faults.Add($"with {runtime.Program}: {fault}");
                continue;
            }

            if (_works?.Runtime.Program != runtime.Program)
                log($"containers are built by {runtime.Program}{(faults.Count > 0 ? $", and not {string.Join("; ", faults)}" : "")}");
            _works = new Choice(now.Runtime, runtime);
            return new Readiness.Ready([Oci]);
        }

        return new Readiness.NotReady($"a container could not be built and removed: {string.Join("; ", faults)}",
            "The level container needs root, crun or runc, cgroup2 (also beside v1), user namespaces (sysctl user.max_user_namespaces) and the program cell-init beside the warden.");
    }

    /// <inheritdoc/>
    public async Task<IRoom> BuildAsync(RoomPlan plan, CancellationToken ct)
    {
        Rollback undo = new("container build");
        PilotNetwork? network = null;
        try
        {
            undo.Begin("settings");
            ContainerSettings now = settings();
            OciRuntime runtime = _works is { } works && works.Named == now.Runtime ? works.Runtime
                : OciRuntime.Installed(now.Runtime) is [OciRuntime first, ..] ? first : throw new IOException(None(now));

            if (plan.Key.Image is RoomImage image && now.Room.Hidden.Append(host.Run).Append(host.State).FirstOrDefault(image.MayShow) is string shown)
                throw new IOException($"an image in {image.Root} could show {shown}, which rooms do not. Keep images apart from it");

            undo.Begin("network");
            network = plan.Client is null ? null : PilotNetwork.Of((PidFd)plan.Client);
            undo.Push(() => network?.Dispose());

            return plan.Client is null
                ? await BuildAheadAsync(plan, now, runtime, undo).ConfigureAwait(false)
                : new ContainerRoom(host, plan with { Key = plan.Key with { Network = network?.Id }, Client = null }, now, Birth(now, runtime), StoreOf(now), network, NewTicket(plan, undo), built: null);
        }
        catch (Exception e)
        {
            string? left = undo.Unwind();
            throw e is SetupException setup ? setup.With(left) : new SetupException(undo.Step, e.Message, left, e);
        }
    }

    /// <inheritdoc/>
    public Task<Reattached> ReattachAsync(TicketFile ticket)
        => new FoundRoom(host, ticket, hasOwnProcesses: true).ReattachAsync();

    private static string None(ContainerSettings now)
        => now.Runtime is null ? "there is neither crun nor runc in /usr/bin, /usr/sbin or below /usr/local" : $"there is no {now.Runtime}, which the policy names";

    private TicketFile NewTicket(RoomPlan plan, Rollback undo)
    {
        undo.Begin("ticket");
        TicketFile ticket = ContainerRoom.NewTicket(host, plan.Cell, plan.Key.Kind);
        undo.Push(() => new RoomRemains(host, ticket).Remove());
        return ticket;
    }

    private Func<ImageSource, Task<StoredImage>> StoreOf(ContainerSettings now)
        => source => _store.HoldAsync(source, new UnpackingRoom(host, now.Room, _nurseries, now.Ids!.Unpacker), now.Images);

    private ContainerBirth Birth(ContainerSettings now, OciRuntime runtime) => new(host, now.Room, runtime, _nurseries, _words, _store.Lookups);

    // In the service's slice, with the ids of one account.
    private async Task<IRoom> BuildAheadAsync(RoomPlan plan, ContainerSettings now, OciRuntime runtime, Rollback undo)
    {
        if (now.Ids is not RoomIds known)
            throw new IOException("the installed policy sets no ids aside for rooms");
        uint account = plan.Account?.Value ?? throw new ArgumentException("a container that is built ahead is built for an account", nameof(plan));
        ContainerIds ids = new(known.ResidentOf(account), new Account(new UserId(account), new GroupId(account), [], Name: null), []);
        TicketFile ticket = NewTicket(plan, undo);

        undo.Begin("cgroup");
        LeafPlan place = host.Slice.Plan(plan.Cell);
        place = place with { Room = new RoomCgroup(RoomCgroup.NameOf(plan.Cell.Value), ids.Resident, place.UnifiedParent) };
        ticket.Change(t => t with { Leaf = place });
        RoomDirectories directories = host.Slice.MakeRoom(place);
        undo.Push(directories.Dispose); // who has the ticket finds them

        undo.Begin("container");
        ContainerBirth birth = Birth(now, runtime);
        RoomResident resident = await birth.BearAsync(image: null, ids, oomScoreAdjustment: null, directories, network: null, ticket).ConfigureAwait(false);
        return new ContainerRoom(host, plan, now, birth, StoreOf(now), network: null, ticket, new BuiltContainer(ids, directories, resident));
    }

    // With the ids of the first room, which are nobody's payload.
    private async Task<string?> TryAsync(ContainerSettings now, OciRuntime runtime)
    {
        Rollback undo = new("container build");
        try
        {
            RoomPlan plan = new(new CellId(Guid.CreateVersion7(host.Clock.GetUtcNow())), new RoomKey(Level.Container, Oci), Client: null) { Account = new UserId(now.Ids!.First + 1) };
            IRoom room = await BuildAheadAsync(plan, now, runtime, undo).ConfigureAwait(false);
            Residue residue = await room.DestroyAsync(Grace).ConfigureAwait(false);
            await room.DisposeAsync().ConfigureAwait(false);
            return residue.Processes is Finding.Found stuck ? stuck.What : residue.Files is Finding.Found left ? $"it was built, and not removed: {left.What}" : null;
        }
        catch (Exception e) when (e is IOException or SetupException)
        {
            return $"{e.Message}{(undo.Unwind() is string left ? $" (and {left} is left)" : "")}";
        }
    }

    private sealed record Choice(string? Named, OciRuntime Runtime);
}
