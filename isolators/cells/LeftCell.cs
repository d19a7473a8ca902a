using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>What is left of one cell, and is to be removed when it can be.</summary>
/// <param name="Leaf">Its leaf; with processes in it, or busy.</param>
/// <param name="Scratch">Its scratch: touched only when the leaf is empty. Null where it had none.</param>
/// <param name="Jobs">Who wants to know when the leaf is gone.</param>
/// <param name="What">Why it could not be removed.</param>
public sealed record LeftCell(Leaf Leaf, Scratch? Scratch, GivenUpJobs Jobs, string What) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1); // the next look goes on where it stopped
    private readonly Lock _gate = new();
    private bool _leafIsGone;
    private bool _isLetGo;
    private bool _isRemoved;
    private TicketFile? _ticket;

    /// <summary>What it is called in the log.</summary>
    public string Name => $"the cell {Leaf.Path}{(Scratch is null ? "" : $" (scratch {Scratch.Path})")}";

    /// <summary>Kills what is there, and removes what it can.</summary>
    /// <returns>True when nothing is left.</returns>
    public bool TryRemove()
    {
        try
        {
            if (!_leafIsGone && !IsLeafRemoved())
                return false;
        }
        catch (IOException)
        {
            return false; // a leaf that cannot be read or killed now: at the next look
        }

        if (Scratch?.Remove(Patience) is not null)
            return false;
        lock (_gate)
        {
            _isRemoved = true;
            return _ticket?.Remove() is null;
        }
    }

    /// <summary>
    /// Takes over its ticket, by which another warden finds what is left: it says from now on that nothing runs there whose ending anybody waits for, and goes last.
    /// </summary>
    public void Take(TicketFile ticket)
    {
        lock (_gate)
        {
            if (_isRemoved)
                _ = ticket.Remove();
            if (_isLetGo)
            {
                ticket.Dispose(); // what is still there another warden finds by it
                return;
            }

            _ticket = ticket;
            try
            {
                if (!_isRemoved)
                    ticket.Change(t => t with { CellInit = null, Start = null, Ending = null });
            }
            catch (IOException)
            {
                // A full file system: another warden would find an ending that nobody asks for.
            }
        }
    }

    /// <summary>Lets go; what is there stays.</summary>
    public void Dispose()
    {
        Leaf.Dispose();
        Scratch?.Dispose();
        lock (_gate)
        {
            _isLetGo = true;
            _ticket?.Dispose();
        }
    }

    private bool IsLeafRemoved()
    {
        if (!Leaf.IsEmpty)
        {
            Leaf.KillAll();
            return false;
        }

        Leaf.Room?.KillAll(); // what builds a container may have outlived the warden that asked for it
        if (Leaf.Remove() is not null)
            return false;
        foreach (JobDirectory job in Leaf.Plan.Jobs)
            Jobs.Watch(job);
        return _leafIsGone = true;
    }
}
