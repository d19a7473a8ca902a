using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Isolators.LogOnly;

/// <summary>
/// The level log-only: the client forks the payload itself, with its own identity and among its own namespaces. What is built is a leaf, in which
/// the payload is counted, limited and ended; it isolates nothing.
/// </summary>
public sealed class LogOnlyIsolator(CellHost host) : IHostIsolator
{
    /// <summary>The kind of room.</summary>
    public const string Forked = "forked";

    /// <inheritdoc/>
    public IsolatorDescription Description { get; } = new(Level.LogOnly, [Forked], [Position.Beside, Position.Below, Position.Own]);

    /// <inheritdoc/>
    public RoomPlan? Ahead(RoomPlan asked) => null; // there is nothing to build

    /// <inheritdoc/>
    public RoomPlan After(RoomPlan ahead) => ahead;

    /// <inheritdoc/>
    public Task<Readiness> ProbeAsync(CancellationToken ct)
    {
        try
        {
            using Leaf leaf = host.Slice.MakeLeaf(host.Slice.Plan(new CellId(Guid.CreateVersion7(host.Clock.GetUtcNow()))), host.WithoutCounters);
            string? left = leaf.Remove();
            return Task.FromResult<Readiness>(left is null ? new Readiness.Ready([Forked]) : NotReady($"a leaf could be made but not removed: {left}"));
        }
        catch (SyscallException e)
        {
            return Task.FromResult<Readiness>(NotReady(e.Message));
        }
    }

    /// <inheritdoc/>
    public Task<IRoom> BuildAsync(RoomPlan plan, CancellationToken ct)
    {
        try
        {
            TicketFile ticket = TicketFile.Create(host.Rooms, new CellTicket
            {
                Cell = plan.Cell.Value,
                Level = plan.Key.Level.Name(),
                Kind = plan.Key.Kind,
                Secret = [], // there is no cell-init to prove anything to
                BootId = host.BootId,
            });
            return Task.FromResult<IRoom>(new LogOnlyRoom(host, plan with { Client = null }, ticket));
        }
        catch (IOException e)
        {
            throw new SetupException("ticket", e.Message, inner: e);
        }
    }

    /// <inheritdoc/>
    public Task<Reattached> ReattachAsync(TicketFile ticket)
    {
        if (ticket.Ticket.Start is not TicketStart start)
            return Task.FromResult<Reattached>(new Reattached.Gone(new RoomRemains(host, ticket).Remove()));
        Leaf leaf = Leaf.Find(ticket.Ticket.Leaf!, start.LeafInodes, host.WithoutCounters);
        return Task.FromResult<Reattached>(new Reattached.Live(new LogOnlyCell(host, ticket, leaf, start)));
    }

    private static Readiness.NotReady NotReady(string cause) => new(cause, "The level log-only needs root and cgroup2 (also beside v1).");
}
