using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Setuid;

/// <summary>
/// The level setuid: another account of the host. Room kind <c>classic</c>: the host's own namespaces and file system, a leaf in the
/// service's slice, no_new_privs and the first filter.
/// </summary>
public sealed class SetuidIsolator(CellHost host) : IIsolator
{
    /// <summary>The kind of room.</summary>
    public const string Classic = "classic";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProofDeadline = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IsolatorDescription Description { get; } = new(Level.Setuid, [Classic], [Position.Beside, Position.Below, Position.Own]);

    /// <inheritdoc/>
    public async Task<Readiness> ProbeAsync(CancellationToken ct)
    {
        try
        {
            CellId probe = new(Guid.CreateVersion7(host.Clock.GetUtcNow()));
            if (TryLeaf(probe) is string fault)
                return NotReady(fault);

            IRoom room = await BuildAsync(new RoomPlan(probe, new RoomKey(Level.Setuid, Classic), Client: null), ct).ConfigureAwait(false);
            Residue residue = await room.DestroyAsync(Grace).ConfigureAwait(false);
            await room.DisposeAsync().ConfigureAwait(false);
            return residue.IsDirty ? NotReady("a room could be built but not removed") : new Readiness.Ready([Classic]);
        }
        catch (SetupException e)
        {
            return NotReady(e.Message);
        }
        catch (SyscallException e)
        {
            return NotReady(e.Message);
        }
    }

    /// <inheritdoc/>
    public async Task<IRoom> BuildAsync(RoomPlan plan, CancellationToken ct)
    {
        Rollback undo = new();
        try
        {
            undo.Begin("ticket");
            byte[] secret = Sys.RandomBytes(CellProof.SecretSize);
            TicketFile ticket = TicketFile.Create(host.Rooms, new CellTicket
            {
                Cell = plan.Cell.Value,
                Level = plan.Key.Level.Name(),
                Kind = plan.Key.Kind,
                Secret = secret,
                BootId = host.BootId,
            });
            undo.Push(() =>
            {
                string? left = ticket.Remove();
                ticket.Dispose();
                return left;
            });

            undo.Begin("control socket");
            using UnixSocket listener = UnixSocket.Listen(UnixSocketKind.Stream, ticket.SocketPath, backlog: 4);

            undo.Begin("network");
            using PilotNetwork? network = plan.Client is null ? null : PilotNetwork.Of((PidFd)plan.Client);

            undo.Begin("cell-init");
            PidFd cellInit = CellInitProcess.Start(host.CellInit, listener, secret, network);
            undo.Push(() =>
            {
                cellInit.Signal(9);
                _ = Sys.Poll(cellInit, PollEvents.In, 1000);
                _ = Sys.WaitFor(cellInit, reap: true);
                cellInit.Dispose();
            });

            undo.Begin("control connection");
            CellControl control = await CellControl.ConnectAsync(ticket.SocketPath, secret, ProofDeadline).ConfigureAwait(false);
            return new SetuidRoom(host, plan with { Key = plan.Key with { Network = network?.Id }, Client = null }, ticket, cellInit, control);
        }
        catch (Exception e)
        {
            throw new SetupException(undo.Step, e.Message, undo.Unwind(), e);
        }
    }

    private string? TryLeaf(CellId probe)
    {
        using Leaf leaf = Leaf.Create(OwnLeaf(probe), host.WithoutCounters);
        string? fault = null;
        try
        {
            leaf.KillAll();
        }
        catch (SyscallException e)
        {
            fault = e.Message;
        }

        return leaf.Remove() is string left ? $"a leaf could be made but not removed: {left}" : fault;
    }

    private LeafPlan OwnLeaf(CellId probe)
    {
        string mount = host.Cgroups.Unified
            ?? throw new SyscallException("cgroup", "v2 hierarchy", Errno.ENOENT, "Mount cgroup2, for example at /sys/fs/cgroup/unified.");
        return new LeafPlan(ProcessCgroups.LeafName(probe.Value), mount, ServiceSlice.Make(mount, host.Slice).Path, [], []);
    }

    private static Readiness.NotReady NotReady(string cause)
        => new(cause, "The level setuid needs root, cgroup2 (also beside v1) and the program cell-init beside the warden.");
}
