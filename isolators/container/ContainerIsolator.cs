using Isolation.Cells;
using Isolation.Core;
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

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private readonly Nurseries _nurseries = new(host);
    private readonly ResidentWords _words = new(log);
    private volatile Choice? _works; // seen by the last probe

    /// <inheritdoc/>
    public IsolatorDescription Description { get; } = new(Level.Container, [Oci], [Position.Beside, Position.Below, Position.Inside, Position.Own]);

    /// <inheritdoc/>
    public bool BuildsAhead => false; // a container is bound to the payload's place and account

    /// <inheritdoc/>
    public async Task<Readiness> ProbeAsync(CancellationToken ct)
    {
        ContainerSettings now = settings();
        if (now.Ids is null)
            return new Readiness.NotReady("the installed policy sets no ids aside for rooms", "Add accounts: { rooms: { range: FIRST-LAST, ids-per-room: 2 } } to the policy, and install it: isolation policy install.");
        IReadOnlyList<OciRuntime> installed = OciRuntime.Installed(now.Runtime);
        if (installed.Count == 0)
            return new Readiness.NotReady(None(now), now.Runtime is null ? "Install one: apt install crun, or dnf install crun." : "Install it, or name another: levels: { container: { runtime: PATH } }.");
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
    public Task<IRoom> BuildAsync(RoomPlan plan, CancellationToken ct)
    {
        Rollback undo = new("container build");
        PilotNetwork? network = null;
        try
        {
            undo.Begin("settings");
            ContainerSettings now = settings();
            if (now.Ids is null)
                throw new IOException("the installed policy sets no ids aside for rooms");
            OciRuntime runtime = _works is { } works && works.Named == now.Runtime ? works.Runtime
                : OciRuntime.Installed(now.Runtime) is [OciRuntime first, ..] ? first : throw new IOException(None(now));

            undo.Begin("network");
            network = plan.Client is null ? null : PilotNetwork.Of((PidFd)plan.Client);
            undo.Push(() => network?.Dispose());

            undo.Begin("ticket");
            TicketFile ticket = NewTicket(plan.Cell, plan.Key.Kind);
            return Task.FromResult<IRoom>(new ContainerRoom(
                host, plan with { Key = plan.Key with { Network = network?.Id }, Client = null }, now, new ContainerBirth(host, now.Room, runtime, _nurseries, _words), network, ticket));
        }
        catch (Exception e)
        {
            throw new SetupException(undo.Step, e.Message, undo.Unwind(), e);
        }
    }

    /// <inheritdoc/>
    public Task<Reattached> ReattachAsync(TicketFile ticket)
        => new FoundRoom(host, ticket, hasOwnProcesses: true).ReattachAsync();

    private static string None(ContainerSettings now)
        => now.Runtime is null ? "there is neither crun nor runc in /usr/bin, /usr/sbin or below /usr/local" : $"there is no {now.Runtime}, which the policy names";

    private TicketFile NewTicket(CellId cell, string kind) => TicketFile.Create(host.Rooms, new CellTicket
    {
        Cell = cell.Value,
        Level = Level.Container.Name(),
        Kind = kind,
        Secret = Sys.RandomBytes(CellProof.SecretSize),
        BootId = host.BootId,
    });

    // A room in the service's slice that nobody enters, with the ids of the first, which are nobody's payload.
    private async Task<string?> TryAsync(ContainerSettings now, OciRuntime runtime)
    {
        CellId cell = new(Guid.CreateVersion7(host.Clock.GetUtcNow()));
        Rollback undo = new("container probe"); // its steps are those of a payload's
        try
        {
            TicketFile ticket = NewTicket(cell, Oci);
            LeftCell? kept = null;
            undo.Push(() =>
            {
                if (kept is not null)
                    return null; // the ticket is its
                string? left = ticket.Remove();
                ticket.Dispose();
                return left;
            });

            string mount = host.Cgroups.Unified
                ?? throw new SyscallException("cgroup", "v2 hierarchy", Errno.ENOENT, "Mount cgroup2, for example at /sys/fs/cgroup/unified.");
            LeafPlan plan = new(ProcessCgroups.LeafName(cell.Value), mount, host.Slice.At(mount).Path, [], [])
            {
                Room = new RoomCgroup(RoomCgroup.NameOf(cell.Value), now.Ids!.First, host.Slice.At(mount).Path),
            };
            ticket.Change(t => t with { Leaf = plan });
            Leaf leaf = host.Slice.MakeLeaf(plan, host.WithoutCounters);
            undo.Push(() =>
            {
                string? left = leaf.Remove();
                if (left is null)
                {
                    leaf.Dispose();
                    return null;
                }

                kept = new LeftCell(leaf, null, host.Jobs, left);
                kept.Take(ticket);
                host.Left.Keep(kept);
                return left;
            });

            Account nobody = new(new UserId(now.Ids.First + 1), new GroupId(now.Ids.First + 1), [], Name: null);
            RoomResident resident = await new ContainerBirth(host, now.Room, runtime, _nurseries, _words)
                .BearAsync(new ContainerIds(now.Ids.First, nobody, []), oomScoreAdjustment: null, leaf, network: null, ticket).ConfigureAwait(false);
            undo.Push(resident.Undo!);
            resident.Control.Tell(ControlKind.Kill);
            if (await CellParts.EndAsync(resident.CellInit, resident.Control, Grace).ConfigureAwait(false) is string stuck)
                throw new IOException(stuck);
            return undo.Unwind() is string left ? $"it was built, and not removed: {left}" : null;
        }
        catch (Exception e) when (e is IOException or SetupException)
        {
            return $"{e.Message}{(undo.Unwind() is string left ? $" (and {left} is left)" : "")}";
        }
    }

    private sealed record Choice(string? Named, OciRuntime Runtime);
}
