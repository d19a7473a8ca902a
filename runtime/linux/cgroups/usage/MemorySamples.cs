using Isolation.Core;

namespace Isolation.Linux;

/// <summary>
/// What the payload held of each kind of memory, seen now and then while it runs: of these the kernel keeps no peak, and at the end, when
/// the leaf is empty, they say nothing. The time is the caller's, in microseconds.
/// </summary>
public sealed class MemorySamples
{
    private readonly Dictionary<UsageFigure, long> _most = [];
    private long _lastAt = -1;
    private long _lastMapped;
    private double _mappedByTime;
    private long _time;

    /// <summary>Takes a sample.</summary>
    /// <param name="text">The text of a counter.</param>
    /// <param name="at">When, microseconds of a clock that does not go back.</param>
    public void Take(Func<CounterKind, string?> text, long at)
    {
        (long? anon, long? file, long? mappedFile, long? swap) = text(CounterKind.MemoryStat) is string unified
            ? (CounterText.Keyed(unified, "anon"), CounterText.Keyed(unified, "file"), CounterText.Keyed(unified, "file_mapped"),
                text(CounterKind.SwapCurrent) is string now ? CounterText.Number(now) : null)
            : text(CounterKind.V1MemoryStat) is string v1
            ? (CounterText.Keyed(v1, "rss"), CounterText.Keyed(v1, "cache"), CounterText.Keyed(v1, "mapped_file"), CounterText.Keyed(v1, "swap"))
            : default;
        See(UsageFigure.MemoryAnonSampled, anon);
        See(UsageFigure.MemoryFileSampled, file);
        See(UsageFigure.MemorySwapSampled, swap);
        if (anon is not long a || mappedFile is not long m || a > long.MaxValue - m)
            return;
        See(UsageFigure.MemoryMappedSampled, a + m);
        if (_lastAt >= 0 && at > _lastAt)
        {
            _mappedByTime += (double)_lastMapped * (at - _lastAt);
            _time += at - _lastAt;
        }

        (_lastAt, _lastMapped) = (at, a + m);
    }

    /// <summary>Adds what was seen to other figures.</summary>
    public void AddTo(IDictionary<UsageFigure, long> figures)
    {
        foreach ((UsageFigure figure, long value) in _most)
            figures[figure] = value;
        if (_lastAt >= 0)
            figures[UsageFigure.MemoryMappedSampledAverage] = _time == 0 ? _lastMapped : (long)(_mappedByTime / _time);
    }

    private void See(UsageFigure figure, long? value)
    {
        if (value is long seen && (!_most.TryGetValue(figure, out long most) || seen > most))
            _most[figure] = seen;
    }
}
