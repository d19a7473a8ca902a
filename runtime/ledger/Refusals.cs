using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>Refusals of one uid and cause that were only counted.</summary>
/// <param name="Pilot">Whose; null for those summed under <c>other</c>.</param>
/// <param name="Cause">The cause.</param>
/// <param name="Count">How many, besides those written in full.</param>
/// <param name="First">When the first of them came.</param>
/// <param name="Last">When the last of them came.</param>
internal sealed record RefusalSum(UserId? Pilot, string Cause, long Count, DateTimeOffset First, DateTimeOffset Last);

/// <summary>
/// Counts refusals, so that a hostile pilot cannot fill the ledger: the first of a uid and cause in a window is written in full, the
/// rest as one sum when the window ends; at most 1,024 pairs are kept apart, what is beyond counts as <c>other</c>.
/// Not thread-safe: the ledger's lock is held by the caller.
/// </summary>
internal sealed class Refusals
{
    public const int MostPairs = 1024;
    private readonly Dictionary<(UserId? Pilot, string Cause), RefusalSum> _counted = [];

    public bool IsEmpty => _counted.Count == 0;

    /// <summary>Takes note of one. True when it is the first of its kind and should be written in full.</summary>
    /// <param name="refusal">The refusal.</param>
    /// <param name="now">Its time.</param>
    /// <param name="canWrite">False while the ledger takes no records: then the first is counted too.</param>
    public bool Note(NotAdmitted refusal, DateTimeOffset now, bool canWrite)
    {
        (UserId? Pilot, string Cause) key = (refusal.Pilot.Uid, refusal.Cause);
        bool known = _counted.TryGetValue(key, out RefusalSum? sum);
        if (!known && _counted.Count >= MostPairs)
        {
            key = (null, "other");
            known = _counted.TryGetValue(key, out sum);
        }

        bool writeFirst = !known && canWrite;
        sum ??= new RefusalSum(key.Pilot, key.Cause, 0, now, now);
        _counted[key] = writeFirst ? sum : Add(sum, 1, now, now);
        return writeFirst;
    }

    /// <summary>Ends the window: what was counted, to be written.</summary>
    public List<RefusalSum> TakeSums()
    {
        List<RefusalSum> sums = [.. _counted.Values.Where(sum => sum.Count > 0)];
        _counted.Clear();
        return sums;
    }

    /// <summary>A sum, or a first one, could not be written: it is counted again.</summary>
    public void GiveBack(RefusalSum lost)
    {
        (UserId? Pilot, string Cause) key = (lost.Pilot, lost.Cause);
        if (!_counted.ContainsKey(key) && _counted.Count >= MostPairs)
            key = (null, "other");
        RefusalSum sum = _counted.GetValueOrDefault(key) ?? new RefusalSum(key.Pilot, key.Cause, 0, lost.First, lost.Last);
        _counted[key] = Add(sum, lost.Count, lost.First, lost.Last);
    }

    private static RefusalSum Add(RefusalSum sum, long count, DateTimeOffset first, DateTimeOffset last) => sum.Count == 0
        ? sum with { Count = count, First = first, Last = last }
        : sum with { Count = sum.Count + count, First = first < sum.First ? first : sum.First, Last = last > sum.Last ? last : sum.Last };
}
