using Isolation.Cells;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>One room in the warden's keeping, and how far it is. Operations that change it hold <see cref="Gate"/>, one at a time.</summary>
internal sealed class Room(IRoom built, FrontSession owner)
{
    /// <summary>One change at a time.</summary>
    internal SemaphoreSlim Gate { get; } = new(1, 1);

    internal IRoom Built { get; } = built;

    /// <summary>The connection that built it: when it goes, what has not started goes too.</summary>
    internal FrontSession Owner { get; } = owner;

    internal RoomState State { get; set; } = RoomState.Built;

    internal Cell? Cell { get; set; }

    /// <summary>Its payload was told to start: its ending is worth a record.</summary>
    internal bool WasStarted { get; set; }

    /// <summary>The command was asked for: a cell looks for it once.</summary>
    internal bool IsAsked { get; set; }

    /// <summary>The command was found: only then a start makes sense.</summary>
    internal bool IsResolved { get; set; }

    internal EntryMaterials? Materials { get; set; }

    internal DestroyedCell? Report { get; set; }
}

/// <summary>What a front passed with an entry; held until the payload has started.</summary>
internal sealed record EntryMaterials(Entry Entry, Linux.PidFd Client, Linux.Descriptor Command) : IDisposable
{
    public void Dispose()
    {
        Client.Dispose();
        Command.Dispose();
    }
}
