using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Setuid;

/// <summary>
/// The level setuid: another account of the host. Room kind <c>classic</c>: the host's own namespaces and file system. Room kind
/// <c>private</c>: pid, ipc and mount namespaces of its own, the host's tree read-only, temporary directories of its own.
/// </summary>
/// <param name="host">Where cells live.</param>
/// <param name="settings">What private rooms are like now.</param>
public sealed class SetuidIsolator(CellHost host, Func<PrivateRoomSettings> settings) : IHostIsolator
{
    /// <summary>The kind of room that sees the host as it is.</summary>
    public const string Classic = "classic";

    /// <summary>The kind of room with namespaces of its own.</summary>
    public const string Private = RoomKey.Private;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProofDeadline = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public IsolatorDescription Description { get; } = new(Level.Setuid, [Classic, Private], [Position.Beside, Position.Below, Position.Inside, Position.Own]);

    /// <inheritdoc/>
    public RoomPlan? Ahead(RoomPlan asked) => asked.Key.Network is null ? asked with { Client = null, Account = null } : null;

    /// <inheritdoc/>
    public RoomPlan After(RoomPlan ahead) => ahead;

    private readonly Nurseries _nurseries = new(host);

    /// <inheritdoc/>
    public async Task<Readiness> ProbeAsync(CancellationToken ct)
    {
        List<string> kinds = [], faults = [];
        foreach (string kind in Description.RoomKinds)
        {
            if (await TryAsync(kind, ct).ConfigureAwait(false) is string fault)
                faults.Add($"{kind}: {fault}");
            else
                kinds.Add(kind);
        }

        return kinds.Count > 0 ? new Readiness.Ready(kinds) { Lacking = string.Join("; ", faults) } : NotReady(string.Join("; ", faults));
    }

    /// <inheritdoc/>
    public async Task<IRoom> BuildAsync(RoomPlan plan, CancellationToken ct)
    {
        Rollback undo = new("setuid build");
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
            PrivateRoomSettings? own = plan.Key.Kind == Private ? settings() : null;
            PidFd cellInit = own is null ? CellInitProcess.Start(host.CellInit, listener, secret, network) : StartInPrivate(own, listener, secret, network);
            undo.Push(() =>
            {
                cellInit.Signal(9);
                _ = Sys.Poll(cellInit, PollEvents.In, 1000);
                _ = Sys.WaitFor(cellInit, reap: true);
                cellInit.Dispose();
            });

            undo.Begin("control connection");
            listener.Dispose(); // cell-init has it: should that die, nobody else must seem to listen
            CellControl control = await CellControl.ConnectToNewAsync(ticket.SocketPath, secret, ProofDeadline).ConfigureAwait(false);
            ticket.Note(t => t with { CellInit = ProcessStamp.Of(cellInit), Control = control.Version });
            return new SetuidRoom(host, plan with { Key = plan.Key with { Network = network?.Id }, Client = null }, own, ticket, cellInit, control);
        }
        catch (Exception e)
        {
            throw new SetupException(undo.Step, e.Message, undo.Unwind(), e);
        }
    }

    /// <inheritdoc/>
    public Task<Reattached> ReattachAsync(TicketFile ticket)
        => new FoundRoom(host, ticket, ticket.Ticket.Kind == Private).ReattachAsync();

    private async Task<string?> TryAsync(string kind, CancellationToken ct)
    {
        try
        {
            CellId probe = new(Guid.CreateVersion7(host.Clock.GetUtcNow()));
            if (TryLeaf(probe) is string fault)
                return fault;

            IRoom room = await BuildAsync(new RoomPlan(probe, new RoomKey(Level.Setuid, kind), Client: null), ct).ConfigureAwait(false);
            Residue residue = await room.DestroyAsync(Grace).ConfigureAwait(false);
            await room.DisposeAsync().ConfigureAwait(false);
            return residue.IsDirty ? "a room could be built but not removed" : null;
        }
        catch (Exception e) when (e is SetupException or SyscallException)
        {
            return e.Message;
        }
    }

    private PidFd StartInPrivate(PrivateRoomSettings own, UnixSocket listener, byte[] secret, PilotNetwork? network)
    {
        using RoomBirth birth = RoomBirth.Prepare(host, own);
        OwnNamespaces kinds = OwnNamespaces.Mounts | OwnNamespaces.Ipc | OwnNamespaces.Processes | (own.HasOwnNetwork ? OwnNamespaces.Network : OwnNamespaces.None);
        return CellInitProcess.Start(host.CellInit, listener, secret, own.HasOwnNetwork ? null : network, new RoomNamespaces(kinds, _nurseries.Of(own).Mounts, birth.Steps));
    }

    private string? TryLeaf(CellId probe)
    {
        using Leaf leaf = host.Slice.MakeLeaf(host.Slice.Plan(probe), host.WithoutCounters);
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

    private static Readiness.NotReady NotReady(string cause)
        => new(cause, "The level setuid needs root, cgroup2 (also beside v1) and the program cell-init beside the warden.");
}
