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

    /// <summary>Some are there that are not wanted any more.</summary>
    internal bool HasUnwanted => _rooms.Exists(each => each.UnwantedSince is not null);

    /// <summary>Payloads that found a room here.</summary>
    internal long Hits { get; private set; }

    /// <summary>Payloads that found none.</summary>
    internal long Misses { get; private set; }

    /// <summary>No room is built before this, after one could not be.</summary>
    internal long NotBefore { get; set; }

    /// <summary>Rooms in a row that could not be built.</summary>
    internal int Failures { get; set; }

    /// <summary>The building of the one that is being built.</summary>
    internal Task Building { get; set; } = Task.CompletedTask;

    /// <summary>When the oldest was built; null where there is none.</summary>
    internal long? Oldest => _rooms is [WarmRoom oldest, ..] ? oldest.Since : null;

    internal void Put(IHostRoom room, long now) => _rooms.Add(new WarmRoom(room, now));

    /// <summary>The oldest that fits and whose resident waits; null where there is none.</summary>
    /// <param name="fitting">What fits.</param>
    /// <param name="size">How many are kept.</param>
    /// <param name="dead">Those found on the way whose resident has gone.</param>
    internal IHostRoom? Take(RoomPlan fitting, int size, List<IHostRoom> dead)
    {
        if (!IsOvertaken(fitting, size))
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

    /// <summary>Takes off those that have not been wanted for a while, and those whose resident has gone.</summary>
    /// <param name="size">How many are kept.</param>
    /// <param name="now">Now.</param>
    /// <param name="patience">The while.</param>
    internal List<IHostRoom> ClearUnwanted(int size, long now, long patience)
    {
        HashSet<WarmRoom> wanted = [.. Matched(size).Select(match => match.Room).OfType<WarmRoom>()];
        foreach (WarmRoom each in _rooms)
            each.UnwantedSince = wanted.Contains(each) ? null : each.UnwantedSince ?? now;
        return TakeOff(each => !each.Room.IsWaiting || now - each.UnwantedSince >= patience);
    }

    /// <summary>Takes off all, and foresees nothing.</summary>
    internal List<IHostRoom> Clear()
    {
        _last = null;
        return TakeOff(_ => true);
    }

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

    // Of two payloads that come at once, the one whose account was lent first may come second.
    private bool IsOvertaken(RoomPlan fitting, int size)
    {
        if (_last is null || fitting.Account is null)
            return false;
        (RoomPlan ahead, RoomPlan behind) = (_last, fitting);
        for (int i = 0; i < Times * size; i++)
        {
            (ahead, behind) = (Isolator.After(ahead), Isolator.After(behind));
            if (ahead.Account == fitting.Account)
                return false;
            if (behind.Account == _last.Account)
                return true;
        }

        return false;
    }

    // Those of the next payloads, the next one first: no account twice, and not that of the last.
    private List<RoomPlan> Wanted(int size)
    {
        List<RoomPlan> wanted = [];
        for (RoomPlan? next = _last; next is not null && wanted.Count < size;)
        {
            next = Isolator.After(next);
            if (next.Account is not null && (next.Account == _last!.Account || wanted.Exists(plan => plan.Account == next.Account)))
                break; // there are no more
            wanted.Add(next);
        }

        return wanted;
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

    private sealed class WarmRoom(IHostRoom room, long since)
    {
        internal IHostRoom Room { get; } = room;

        internal long Since { get; } = since;

        internal long? UnwantedSince { get; set; }
    }
}
