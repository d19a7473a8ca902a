namespace Isolation.Cells;

/// <summary>What lies under a name in RUN/rooms.</summary>
public abstract record FoundTicket
{
    private FoundTicket() { }

    /// <summary>A room's ticket.</summary>
    /// <param name="File">The caller's to dispose.</param>
    public sealed record Whole(TicketFile File) : FoundTicket;

    /// <summary>A room's directory with a ticket that this program cannot act on: a newer one's, a damaged or a foreign one. To be left alone.</summary>
    /// <param name="Cell">Whose it would be.</param>
    /// <param name="Why">What is wrong with it.</param>
    public sealed record Unreadable(Guid Cell, string Why) : FoundTicket;

    /// <summary>Nothing of a room's: the lock, or the directory of a room whose ticket was never written, which is removed now.</summary>
    public sealed record NoRoom : FoundTicket;
}
