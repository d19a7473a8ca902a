using Isolation.Core;

namespace Isolation.Cells;

/// <summary>An isolator as its warden keeps it: one that finds the rooms of an earlier warden.</summary>
public interface IHostIsolator : IIsolator
{
    /// <summary>An empty room of this level holds nothing of whoever will enter it, and takes time to build: it can be built before anybody asks.</summary>
    bool BuildsAhead { get; }

    /// <summary>Takes over a room of this level, or removes it where nothing had been told to start.</summary>
    /// <param name="ticket">Its ticket; this method's from now on.</param>
    Task<Reattached> ReattachAsync(TicketFile ticket);
}
