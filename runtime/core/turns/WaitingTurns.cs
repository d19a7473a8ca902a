namespace Isolation.Core;

/// <summary>
/// Who waits, and whose turn is next: uids take turns, whatever they have waiting; within a uid its batch jobs do; within a job who came first
/// is first. Whoever comes new takes the last place of the round. Not thread-safe.
/// </summary>
internal sealed class WaitingTurns
{
    private readonly Round<UserId, UidLine> _uids = new();

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many of a uid wait.</summary>
    public int OfUid(UserId uid) => _uids.Find(uid)?.Count ?? 0;

    /// <summary>How many of a uid wait in one of its jobs.</summary>
    public int OfPilot(UserId uid, JobKey job) => _uids.Find(uid)?.Jobs.Find(job)?.Count ?? 0;

    /// <summary>How many turns are handed out, at most, until all that a pilot has waiting now have had theirs.</summary>
    public int TurnsUntilServed(UserId uid, JobKey job)
        => (int)Math.Min(Count, (long)OfPilot(uid, job) * _uids.Count * (_uids.Find(uid)?.Jobs.Count ?? 0));

    /// <summary>Lines one up; ahead of its pilot's others, or behind them.</summary>
    public void Add(Turn turn, bool ahead)
    {
        UidLine line = _uids.FindOrAdd(turn.Uid);
        LinkedList<Turn> job = line.Jobs.FindOrAdd(turn.Job);
        turn.Place = ahead ? job.AddFirst(turn) : job.AddLast(turn);
        line.Count++;
        Count++;
    }

    /// <summary>Takes one out; false where it does not wait any more.</summary>
    public bool Remove(Turn turn)
    {
        if (turn.Place is not { } place)
            return false;
        UidLine line = _uids.Find(turn.Uid)!;
        LinkedList<Turn> job = line.Jobs.Find(turn.Job)!;
        job.Remove(place);
        turn.Place = null;
        if (job.Count == 0)
            line.Jobs.Remove(turn.Job);
        if (--line.Count == 0)
            _uids.Remove(turn.Uid);
        Count--;
        return true;
    }

    /// <summary>Takes out whose turn it is; null where nobody waits.</summary>
    public Turn? TakeNext()
    {
        if (Count == 0)
            return null;
        Turn next = _uids.Next().Jobs.Next().First!.Value;
        Remove(next);
        return next;
    }

    private sealed class UidLine
    {
        public Round<JobKey, LinkedList<Turn>> Jobs { get; } = new();

        public int Count { get; set; }
    }

    /// <summary>Lines by their keys, in the order in which they are served.</summary>
    private sealed class Round<TKey, TLine> where TKey : notnull where TLine : class, new()
    {
        private readonly LinkedList<TLine> _order = [];
        private readonly Dictionary<TKey, LinkedListNode<TLine>> _places = [];

        public int Count => _places.Count;

        public TLine? Find(TKey key) => _places.GetValueOrDefault(key)?.Value;

        public TLine FindOrAdd(TKey key)
        {
            if (!_places.TryGetValue(key, out LinkedListNode<TLine>? place))
                _places[key] = place = _order.AddLast(new TLine());
            return place.Value;
        }

        public void Remove(TKey key)
        {
            if (_places.Remove(key, out LinkedListNode<TLine>? place))
                _order.Remove(place);
        }

        // Served now, hence last of the next round.
        public TLine Next()
        {
            LinkedListNode<TLine> first = _order.First!;
            _order.RemoveFirst();
            _order.AddLast(first);
            return first.Value;
        }
    }
}
