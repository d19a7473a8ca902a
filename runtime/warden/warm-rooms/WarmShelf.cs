using Isolation.Cells;
using Isolation.Core;

namespace Isolation.Warden;

/// <summary>
/// The rooms of one key that wait for a payload, oldest first, and how well they served. Where a room is built for one account, those of the next payloads' are
/// kept, as far as can be foreseen. Not safe for several threads.
/// </summary>
/// <param name="key">What makes them fit.</param>
/// <param name="isolator">Who builds them.</param>
internal sealed class WarmShelf(RoomKey key, IHostIsolator isolator)
{
    private const int Times = 2; // so many rooms for each that is wanted, with those that a payload may be on its way to
    private readonly List<WarmRoom> _rooms = [];
    private RoomPlan? _last;

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
    internal long? Oldest => _rooms is [WarmRoom oldest, ..] ? oldest.Since : null;

    internal void Put(IHostRoom room, long now) => _rooms.Add(new WarmRoom(room, now));

    /// <summary>The oldest that fits and whose resident waits; null where there is none.</summary>
    /// <param name="fitting">What fits.</param>
    /// <param name="dead">Those found on the way whose resident has gone.</param>
    internal IHostRoom? Take(RoomPlan fitting, List<IHostRoom> dead)
    {
        _last = fitting;
        while (_rooms.FindIndex(each => each.Room.Plan.Account == fitting.Account) is >= 0 and int found)
        {
            IHostRoom room = _rooms[found].Room;
            _rooms.RemoveAt(found);
            if (room.IsWaiting)
            {
                Hits++;
                return room;
            }

            dead.Add(room);
        }

        Misses++;
        return null;
    }

    /// <summary>What is to be built next; null where nothing is.</summary>
    /// <param name="size">How many are kept.</param>
    internal RoomPlan? Lacking(int size) // the last first: for the account that is next there may be a payload already
        => _rooms.Count < Times * size ? Matched(size).LastOrDefault(match => match.Room is null).Plan : null;

    /// <summary>Takes off those that are not wanted and were built before a moment, and those whose resident has gone.</summary>
    internal List<IHostRoom> ClearUnwanted(int size, long before)
    {
        HashSet<WarmRoom> wanted = [.. Matched(size).Select(match => match.Room).OfType<WarmRoom>()];
        return TakeOff(each => !each.Room.IsWaiting || (each.Since <= before && !wanted.Contains(each)));
    }

    /// <summary>Takes off all.</summary>
    internal List<IHostRoom> Clear() => TakeOff(_ => true);

    private List<IHostRoom> TakeOff(Predicate<WarmRoom> isOff)
    {
        List<IHostRoom> off = [];
        _rooms.RemoveAll(each =>
        {
            if (!isOff(each))
                return false;
            off.Add(each.Room);
            return true;
        });
        return off;
    }

    // Those of the next payloads, the next one first.
    private IEnumerable<RoomPlan> Wanted(int size)
    {
        RoomPlan? next = _last;
        for (int i = 0; i < size && next is not null; i++)
        {
            next = Isolator.After(next);
            if (next.Account is not null && next.Account == _last!.Account)
                yield break; // there are no more
            yield return next;
        }
    }

    // Each with the room that is there for it; null where there is none.
    private List<(RoomPlan Plan, WarmRoom? Room)> Matched(int size)
    {
        List<WarmRoom> rest = [.. _rooms];
        List<(RoomPlan, WarmRoom?)> matched = [];
        foreach (RoomPlan plan in Wanted(size))
        {
            WarmRoom? room = rest.Find(each => each.Room.Plan.Account == plan.Account);
            if (room is not null)
                rest.Remove(room);
            matched.Add((plan, room));
        }

        return matched;
    }

    private sealed record WarmRoom(IHostRoom Room, long Since);
}
