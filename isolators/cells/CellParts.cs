using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>What a cell is made of on this host; owned by the cell.</summary>
/// <param name="Ticket">Its ticket.</param>
/// <param name="CellInit">Its resident; null when it is over.</param>
/// <param name="Control">The connection to it; null when it is over.</param>
/// <param name="Leaf">The payload's leaf.</param>
/// <param name="Scratch">The payload's scratch.</param>
/// <param name="SearchResidue">Looks for what an account left on the host: IPC objects, files.</param>
public sealed record CellParts(
    TicketFile Ticket, PidFd? CellInit, CellControl? Control, Leaf Leaf, Scratch Scratch, Func<UserId, SharedPlaces> SearchResidue)
{
    private const int SIGKILL = 9;

    /// <summary>The room has a pid namespace of its own: with cell-init, its first process, all of it ends.</summary>
    public bool HasOwnProcesses { get; init; }

    /// <summary>Where residue is looked for, as the ticket notes it for another warden.</summary>
    public TicketSearch Search { get; init; } = TicketSearch.Nowhere;

    /// <summary>The client's way into the scratch; null where none was asked for.</summary>
    public ScratchExchange? Exchange { get; init; }

    /// <summary>Kills cell-init; its payload ends with it.</summary>
    public void EndCellInitNow() => CellInit?.Signal(SIGKILL);

    /// <summary>Waits until cell-init has gone, helping with SIGKILL after the grace, and reaps it.</summary>
    /// <returns>Null, or what it hangs in.</returns>
    public Task<string?> EndCellInitAsync(TimeSpan grace) => EndAsync(CellInit, Control, grace);

    /// <summary>As <see cref="EndCellInitAsync"/>, for a cell-init without a cell.</summary>
    public static async Task<string?> EndAsync(PidFd? cellInit, CellControl? control, TimeSpan grace)
    {
        if (cellInit is null)
            return null;
        if (control is not null)
            await Task.WhenAny(control.Closed, Task.Delay(grace)).ConfigureAwait(false);
        // Its descriptors are closed a moment before it is over.
        return await Task.Run(() =>
        {
            if (Sys.Poll(cellInit, PollEvents.In, control is null ? 0 : 1000) == PollEvents.None)
                cellInit.Signal(SIGKILL);
            if (Sys.Poll(cellInit, PollEvents.In, Math.Max(1000, (int)grace.TotalMilliseconds)) == PollEvents.None)
                return "cell-init hangs in the kernel: a file system of its streams or its command does not answer";
            _ = Sys.WaitFor(cellInit, reap: true); // where it is not an earlier warden's child, which somebody else reaps
            return null;
        }).ConfigureAwait(false);
    }

    /// <summary>Lets go of everything; nothing is removed.</summary>
    /// <param name="withPlaces">False where ticket, leaf and scratch have become somebody else's.</param>
    public async ValueTask DisposeAsync(bool withPlaces)
    {
        if (Control is not null)
            await Control.DisposeAsync().ConfigureAwait(false);
        CellInit?.Dispose();
        Exchange?.Dispose();
        if (!withPlaces)
            return;
        Ticket.Dispose();
        Leaf.Dispose();
        Scratch.Dispose();
    }
}

/// <summary>What an account left in places that it shares with the host.</summary>
/// <param name="Ipc">IPC objects.</param>
/// <param name="Files">Files.</param>
public sealed record SharedPlaces(Finding Ipc, Finding Files)
{
    /// <summary>The search did not end in time.</summary>
    public static readonly SharedPlaces NotSearched = new(new Finding.NotProvable("the search took too long"), new Finding.NotProvable("the search took too long"));
}
