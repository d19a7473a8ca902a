using Isolation.Core;

namespace Isolation.Cells;

/// <summary>An isolator as its warden keeps it: one that finds the rooms of an earlier warden.</summary>
public interface IHostIsolator : IIsolator
{
    /// <summary>The room that could have been built before anybody asked, without a client, and does for whoever asks now.</summary>
    /// <param name="asked">What is asked for.</param>
    /// <returns>Null where none could, or it would save no time.</returns>
    RoomPlan? Ahead(RoomPlan asked);

    /// <summary>The room that the payload after it is likely to ask for.</summary>
    /// <param name="ahead">A room that can be built ahead.</param>
    RoomPlan After(RoomPlan ahead);

    /// <summary>Takes over a room of this level, or removes it where nothing had been told to start.</summary>
    /// <param name="ticket">Its ticket; this method's from now on.</param>
    Task<Reattached> ReattachAsync(TicketFile ticket);
}
