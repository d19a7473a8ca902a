using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>
/// A room with a cell-init that an earlier warden has built: found by its ticket, and believed only when the process is the one that the ticket names and the
/// cell's secret is proved in both directions. Without a warden a cell-init in which nothing was started gives up by itself.
/// </summary>
/// <param name="host">Where cells live.</param>
/// <param name="ticket">Its ticket; this object's from now on.</param>
/// <param name="hasOwnProcesses">It has a pid namespace of its own.</param>
public sealed class FoundRoom(CellHost host, TicketFile ticket, bool hasOwnProcesses)
{
    private static readonly TimeSpan ProofDeadline = TimeSpan.FromSeconds(15); // one that is about to start a payload may take 10 s for it
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Takes it over, or removes it.</summary>
    public async Task<Reattached> ReattachAsync()
    {
        PidFd? cellInit = null;
        CellControl? control = null;
        bool isKept = false;
        try
        {
            // Not even asked: its proof may be of another form, too.
            if (ticket.Ticket.Control is int version && !ControlVersion.IsRead(version))
                return new Reattached.Unreadable(ControlVersion.WhyNot(version));
            cellInit = ticket.Ticket.CellInit?.Find();
            control = await TryConnectAsync().ConfigureAwait(false);
            CrashPoint.Reach("warden: found: connected");
            // One that has just given up its room takes a moment to be over.
            if (control is null && cellInit is not null && Sys.Poll(cellInit, PollEvents.In, 1000) == PollEvents.None)
                return new Reattached.Silent($"its cell-init (pid {ticket.Ticket.CellInit!.Pid}) lives and does not answer");
            Reattached found = ticket.Ticket.Start is TicketStart start
                ? new Reattached.Live(await TakeOverAsync(cellInit, control, start).ConfigureAwait(false))
                : new Reattached.Gone(await RemoveAsync(cellInit, control).ConfigureAwait(false));
            isKept = true;
            return found;
        }
        catch (OtherControlVersionException e)
        {
            return new Reattached.Unreadable(e.Message);
        }
        finally
        {
            if (!isKept)
            {
                if (control is not null)
                    await control.DisposeAsync().ConfigureAwait(false);
                cellInit?.Dispose();
                ticket.Dispose();
            }
        }
    }

    // Null where nobody is there, or does not answer in time.
    private async Task<CellControl?> TryConnectAsync()
    {
        try
        {
            return await CellControl.ConnectAsync(ticket.SocketPath, ticket.Ticket.Secret, ProofDeadline).ConfigureAwait(false);
        }
        catch (SyscallException e) when (e.Errno is not (Errno.ECONNREFUSED or Errno.ENOENT or Errno.ECONNRESET or Errno.EPIPE))
        {
            throw; // it is this process that cannot connect: nothing follows for the cell
        }
        catch (IOException e) when (e is not OtherControlVersionException)
        {
            return null;
        }
    }

    private async Task<Cell> TakeOverAsync(PidFd? cellInit, CellControl? control, TicketStart start)
    {
        CellTicket known = ticket.Ticket;
        int? inRoom = control is null ? null : await LookAsync(control).ConfigureAwait(false);
        if (inRoom == 0)
            control!.Tell(ControlKind.Kill); // the start never reached it: it says so, as the ending
        int? main = inRoom is not (int started and > 0) ? null : !hasOwnProcesses ? started : cellInit is null ? null : NamespacePids.OnHost(cellInit, started);
        CrashPoint.Reach("warden: found: looked");
        Leaf leaf = Leaf.Find(known.Leaf!, start.LeafInodes, host.WithoutCounters);
        leaf.GiveUpWhatIsHanded();
        var parts = new CellParts(ticket, cellInit, control, leaf, Scratch.Find(host, known.Cell), AccountResidue.Everywhere(start.Search).Search)
        {
            HasOwnProcesses = hasOwnProcesses,
            Search = start.Search,
        };
        return new Cell(host, parts, start, new UserId(known.Uid!.Value), main);
    }

    // Null where it does not say: it may have gone meanwhile, or be slow, and nothing follows from either.
    private static async Task<int?> LookAsync(CellControl control)
    {
        try
        {
            (_, byte[] body) = await control.AskAsync(ControlKind.Look).WaitAsync(ProofDeadline).ConfigureAwait(false);
            MessageReader reader = new(body);
            int pid = reader.I32();
            reader.End();
            return pid;
        }
        catch (Exception e) when (e is IOException or TimeoutException or WireException)
        {
            return null;
        }
    }

    private async Task<string?> RemoveAsync(PidFd? cellInit, CellControl? control)
    {
        if (control is not null)
        {
            control.Tell(ControlKind.Kill);
            await Task.WhenAny(control.Ending, Task.Delay(Grace, host.Clock)).ConfigureAwait(false); // of one that was entered, which waits to be told that it was heard
            control.Tell(ControlKind.Acknowledge);
        }

        string? left = await CellParts.EndAsync(cellInit, control, Grace).ConfigureAwait(false);
        if (control is not null)
        {
            await Task.WhenAny(control.Closed, Task.Delay(Grace, host.Clock)).ConfigureAwait(false); // of one whose number was not noted yet
            await control.DisposeAsync().ConfigureAwait(false);
        }

        cellInit?.Dispose();
        CrashPoint.Reach("warden: found: cell-init over");
        return left ?? new RoomRemains(host, ticket).Remove();
    }
}
