using Isolation.Core;

namespace Isolation.Daemon;

/// <summary>How many payloads each uid has between its request and its reply, held to what policy lets its class have, else to a number. Thread-safe.</summary>
internal sealed class PayloadCounts(ISitePolicy policy)
{
    // As many as connections: who waits for a payload has one for it, and a detached one has none.
    private const int MostWithoutPolicy = 1024;

    private readonly Dictionary<UserId, int> _counts = [];
    private readonly Lock _lock = new();

    /// <summary>Counts one more; false when the uid has as many as it may.</summary>
    public bool TryEnter(UserId uid, out int most)
    {
        most = policy.MaxPayloads(uid) ?? MostWithoutPolicy;
        lock (_lock)
        {
            int count = _counts.GetValueOrDefault(uid);
            if (count >= most)
                return false;
            _counts[uid] = count + 1;
            return true;
        }
    }

    /// <summary>Counts one more, however many there are: it runs already.</summary>
    public void Add(UserId uid)
    {
        lock (_lock)
            _counts[uid] = _counts.GetValueOrDefault(uid) + 1;
    }

    /// <summary>Counts one less.</summary>
    public void Leave(UserId uid)
    {
        lock (_lock)
        {
            if (--_counts[uid] == 0)
                _counts.Remove(uid);
        }
    }
}
