using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Cgroups, scratch and ticket of a room in which nothing runs that anybody waits for: they go, whichever of them are there.</summary>
/// <param name="host">Where cells live.</param>
/// <param name="ticket">Its ticket; this object's from now on.</param>
public sealed class RoomRemains(CellHost host, TicketFile ticket)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Removes them. What is found and cannot be removed now is looked at until it can.</summary>
    /// <returns>What is left, or null.</returns>
    /// <exception cref="SyscallException">What is there cannot be seen. It stays, and its ticket.</exception>
    public string? Remove()
    {
        Scratch? scratch = null;
        LeftCell cell;
        try
        {
            scratch = Scratch.Find(host, ticket.Ticket.Cell);
            if (ticket.Ticket.Leaf is not LeafPlan plan)
                return Done(scratch.Remove(Patience), scratch);
            cell = new LeftCell(Leaf.Find(plan, ticket.Ticket.Start?.LeafInodes, host.WithoutCounters), scratch, host.Jobs, "it could not be removed at once");
        }
        catch
        {
            scratch?.Dispose();
            ticket.Dispose(); // with what it names it is another warden's
            throw;
        }

        cell.Take(ticket);
        CrashPoint.Reach("warden: found: about to remove");
        for (int tries = 0; tries < 10; tries++)
        {
            if (cell.TryRemove())
            {
                cell.Dispose();
                return null;
            }

            _ = Sys.Poll([], 5);
        }

        host.Left.Keep(cell);
        return cell.Name;
    }

    private string? Done(string? left, Scratch scratch)
    {
        scratch.Dispose();
        left ??= ticket.Remove();
        ticket.Dispose();
        return left;
    }
}
