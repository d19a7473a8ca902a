using Isolation.Cells;
using Isolation.Core;

namespace Isolation.Warden;

/// <summary>The rooms of one key that wait for a payload, oldest first, and how well they served. Not safe for several threads.</summary>
/// <param name="key">What makes them fit.</param>
/// <param name="isolator">Who builds them.</param>
internal sealed class WarmShelf(RoomKey key, IHostIsolator isolator)
{
    private readonly Queue<WarmRoom> _rooms = new();

    internal RoomKey Key { get; } = key;

    internal IHostIsolator Isolator { get; } = isolator;

    internal int Count => _rooms.Count;

    /// <summary>Payloads that found a room here.</summary>
    internal long Hits { get; private set; }

    /// <summary>Payloads that found none.</summary>
    internal long Misses { get; private set; }

    /// <summary>No room is built before this, after one could not be.</summary>
    internal long NotBefore { get; set; }

    /// <summary>Rooms in a row that could not be built.</summary>
    internal int Failures { get; set; }

    /// <summary>When the oldest was built; null where there is none.</summary>
    internal long? Oldest => _rooms.TryPeek(out WarmRoom? oldest) ? oldest.Since : null;

    internal void Put(IHostRoom room, long now) => _rooms.Enqueue(new WarmRoom(room, now));

    /// <summary>The oldest whose resident waits; null where there is none.</summary>
    /// <param name="dead">Those found on the way whose resident has gone.</param>
    internal IHostRoom? Take(List<IHostRoom> dead)
    {
        while (_rooms.TryDequeue(out WarmRoom? next))
        {
            if (next.Room.IsWaiting)
            {
                Hits++;
                return next.Room;
            }

            dead.Add(next.Room);
        }

        Misses++;
        return null;
    }

    /// <summary>Takes off those that are no longer wanted, beyond a number, and those whose resident has gone.</summary>
    internal List<IHostRoom> Clear(int most)
    {
        List<IHostRoom> off = [];
        for (int left = _rooms.Count; left > 0; left--)
        {
            WarmRoom each = _rooms.Dequeue();
            if (_rooms.Count < most && each.Room.IsWaiting)
                _rooms.Enqueue(each);
            else
                off.Add(each.Room);
        }

        return off;
    }

    private sealed record WarmRoom(IHostRoom Room, long Since);
}
