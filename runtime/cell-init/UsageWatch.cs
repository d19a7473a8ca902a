using System.Diagnostics;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>
/// What the payload uses: samples of its memory while it runs, soon after the start often and later seldom, and the leaf's counters when
/// somebody asks and at the end. Used by the main thread only.
/// </summary>
internal sealed class UsageWatch
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
    private ObservedUsage? _answer;
    private long _answeredAt;

    /// <summary>To be made before the payload starts: what was counted above the leaf until then is not of its doing.</summary>
    internal UsageWatch(LeafCounter[] counters)
    {
        _counters = new CounterReader(counters);
        _parentHits = UsageReading.ParentHits(_counters.Text);
    }

    /// <summary>The payload runs.</summary>
    internal void Begin(long startedAt) => _startedAt = _sampledAt = startedAt;

    /// <summary>How long until the next sample.</summary>
    internal int MillisecondsToSample => Math.Max(0, (int)Math.Ceiling(_interval - Stopwatch.GetElapsedTime(_sampledAt).TotalMilliseconds));

    /// <summary>Samples when it is time.</summary>
    internal void SampleIfDue()
    {
        if (MillisecondsToSample > 0)
            return;
        Sample();
        _interval = Math.Min(_interval * Growth, LongestMilliseconds);
    }

    /// <summary>Samples now.</summary>
    internal void Sample()
    {
        _sampledAt = Stopwatch.GetTimestamp();
        _memory.Take(_counters.Text, (long)Stopwatch.GetElapsedTime(_startedAt, _sampledAt).TotalMicroseconds);
    }

    /// <summary>Every figure, up to a moment.</summary>
    internal ObservedUsage Read(long until)
    {
        Dictionary<UsageFigure, long> figures = UsageReading.Of(_counters.Text);
        _memory.AddTo(figures);
        figures[UsageFigure.Wall] = (long)Stopwatch.GetElapsedTime(_startedAt, until).TotalMicroseconds;
        return new ObservedUsage([.. figures.Select(f => new ObservedFigure((byte)f.Key, f.Value))]);
    }

    /// <summary>The same for a client that asks; who asks often gets the same answer again, so that asking costs nobody anything.</summary>
    internal ObservedUsage Answer()
    {
        if (_answer is null || Stopwatch.GetElapsedTime(_answeredAt) > BetweenAnswers)
        {
            Sample();
            _answeredAt = Stopwatch.GetTimestamp();
            _answer = Read(_answeredAt);
        }

        return _answer;
    }

    /// <summary>What the counters say of processes killed for want of memory; null when none was. Who they are only the kernel's log knows.</summary>
    internal ObservedOutOfMemory? OutOfMemory(ObservedUsage usage)
        => usage[(byte)UsageFigure.OutOfMemoryKills] is > 0 and long kills
            ? new ObservedOutOfMemory(kills, (byte)UsageReading.LimitOf(_counters.Text, _parentHits), OutOfMemoryVictim.NotKnown, "")
            : null;
}
