using System.Diagnostics;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.LogOnly;

/// <summary>What a payload uses, as cell-init would tell it of its own: samples while it runs, the counters when somebody asks and at the end. Thread-safe.</summary>
internal sealed class UsageSamples
{
    private const double FirstMilliseconds = 20;
    private const double LongestMilliseconds = 5000;
    private const double Growth = 1.5;
    private static readonly TimeSpan BetweenAnswers = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private readonly CounterReader _counters;
    private readonly MemorySamples _memory = new();
    private readonly long? _parentHits;
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private long _sampledAt = Stopwatch.GetTimestamp();
    private double _interval = FirstMilliseconds;
    private (long At, ObservedUsage Usage)? _answer;

    /// <summary>Begins: the payload is about to run.</summary>
    internal UsageSamples(Leaf leaf)
    {
        _counters = new CounterReader(leaf.Counters);
        _parentHits = UsageReading.ParentHits(_counters.Text);
    }

    /// <summary>How long it has run.</summary>
    internal TimeSpan Elapsed => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>How long until the next sample.</summary>
    internal int MillisecondsToSample
    {
        get
        {
            lock (_gate)
                return Math.Max(0, (int)Math.Ceiling(_interval - Stopwatch.GetElapsedTime(_sampledAt).TotalMilliseconds));
        }
    }

    /// <summary>Samples when it is time.</summary>
    internal void SampleIfDue()
    {
        if (MillisecondsToSample > 0)
            return;
        lock (_gate)
        {
            Sample_NeedsLock();
            _interval = Math.Min(_interval * Growth, LongestMilliseconds);
        }
    }

    /// <summary>Every figure up to a moment.</summary>
    internal ObservedUsage Read(long until)
    {
        lock (_gate)
            return Read_NeedsLock(until);
    }

    /// <summary>Every figure until now; who asks often gets the same answer again.</summary>
    internal ObservedUsage Answer()
    {
        lock (_gate)
        {
            if (_answer is not (long at, ObservedUsage answer) || Stopwatch.GetElapsedTime(at) > BetweenAnswers)
            {
                Sample_NeedsLock();
                answer = Read_NeedsLock(_sampledAt);
                _answer = (_sampledAt, answer);
            }

            return answer;
        }
    }

    /// <summary>What the counters say of processes killed for want of memory; null when none was.</summary>
    internal ObservedOutOfMemory? OutOfMemory(ObservedUsage usage)
    {
        lock (_gate)
        {
            return usage[(byte)UsageFigure.OutOfMemoryKills] is > 0 and long kills
                ? new ObservedOutOfMemory(kills, (byte)UsageReading.LimitOf(_counters.Text, _parentHits), OutOfMemoryVictim.NotKnown, "")
                : null;
        }
    }

    private void Sample_NeedsLock()
    {
        _sampledAt = Stopwatch.GetTimestamp();
        _memory.Take(_counters.Text, (long)Stopwatch.GetElapsedTime(_startedAt, _sampledAt).TotalMicroseconds);
    }

    private ObservedUsage Read_NeedsLock(long until)
    {
        Dictionary<UsageFigure, long> figures = UsageReading.Of(_counters.Text);
        _memory.AddTo(figures);
        figures[UsageFigure.Wall] = (long)Stopwatch.GetElapsedTime(_startedAt, until).TotalMicroseconds;
        return new ObservedUsage([.. figures.Select(f => new ObservedFigure((byte)f.Key, f.Value))]);
    }
}
