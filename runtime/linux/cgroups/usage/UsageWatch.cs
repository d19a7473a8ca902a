using System.Diagnostics;
using Isolation.Core;

namespace Isolation.Linux;

/// <summary>
/// What a payload uses: samples of its memory while it runs, soon after the start often and later seldom, and the leaf's counters when
/// somebody asks and at the end. Used by one thread at a time; moments are <see cref="Stopwatch"/>'s.
/// </summary>
public sealed class UsageWatch
{
    private const double FirstMilliseconds = 20;
    private const double LongestMilliseconds = 5000;
    private const double Growth = 1.5;
    private static readonly TimeSpan BetweenAnswers = TimeSpan.FromMilliseconds(100);
    private readonly CounterReader _counters;
    private readonly MemorySamples _memory = new();
    private readonly long? _parentHits;
    private long _startedAt;
    private long _sampledAt;
    private double _interval = FirstMilliseconds;
    private IReadOnlyDictionary<UsageFigure, long>? _answer;
    private long _answeredAt;

    /// <summary>To be made before the payload starts: what was counted above the leaf until then is not of its doing.</summary>
    public UsageWatch(IReadOnlyList<LeafCounter> counters)
    {
        _counters = new CounterReader(counters);
        _parentHits = UsageReading.ParentHits(_counters.Text);
    }

    /// <summary>How long the payload has run.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>How long until the next sample.</summary>
    public int MillisecondsToSample => Math.Max(0, (int)Math.Ceiling(_interval - Stopwatch.GetElapsedTime(_sampledAt).TotalMilliseconds));

    /// <summary>The payload runs.</summary>
    public void Begin(long startedAt) => _startedAt = _sampledAt = startedAt;

    /// <summary>Samples when it is time.</summary>
    public void SampleIfDue()
    {
        if (MillisecondsToSample > 0)
            return;
        Sample();
        _interval = Math.Min(_interval * Growth, LongestMilliseconds);
    }

    /// <summary>Samples now.</summary>
    public void Sample()
    {
        _sampledAt = Stopwatch.GetTimestamp();
        _memory.Take(_counters.Text, (long)Stopwatch.GetElapsedTime(_startedAt, _sampledAt).TotalMicroseconds);
    }

    /// <summary>Every figure, up to a moment.</summary>
    public IReadOnlyDictionary<UsageFigure, long> Read(long until)
    {
        Dictionary<UsageFigure, long> figures = UsageReading.Of(_counters.Text);
        _memory.AddTo(figures);
        figures[UsageFigure.Wall] = (long)Stopwatch.GetElapsedTime(_startedAt, until).TotalMicroseconds;
        return figures;
    }

    /// <summary>The same for a client that asks; who asks often gets the same answer again, so that asking costs nobody anything.</summary>
    public IReadOnlyDictionary<UsageFigure, long> Answer()
    {
        if (_answer is null || Stopwatch.GetElapsedTime(_answeredAt) > BetweenAnswers)
        {
            Sample();
            _answeredAt = _sampledAt;
            _answer = Read(_answeredAt);
        }

        return _answer;
    }

    /// <summary>Whose limit it was for which processes were killed for want of memory. Who they are only the kernel's log knows.</summary>
    public MemoryLimit StarvedBy() => UsageReading.LimitOf(_counters.Text, _parentHits);
}
