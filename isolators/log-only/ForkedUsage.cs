using System.Diagnostics;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.LogOnly;

/// <summary>What a payload uses, as cell-init would tell it of its own. Thread-safe: who asks is not who watches.</summary>
internal sealed class ForkedUsage
{
    private readonly Lock _gate = new();
    private readonly UsageWatch _watch;

    /// <summary>Begins.</summary>
    /// <param name="leaf">The payload's leaf.</param>
    /// <param name="startedAt">When the payload was about to run (<see cref="Stopwatch"/>).</param>
    internal ForkedUsage(Leaf leaf, long startedAt)
    {
        _watch = new UsageWatch(leaf.Counters);
        _watch.Begin(startedAt);
    }

    /// <summary>How long it has run.</summary>
    internal TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>How long until the next sample.</summary>
    internal int MillisecondsToSample
    {
        get
        {
            lock (_gate)
                return _watch.MillisecondsToSample;
        }
    }

    /// <summary>Samples when it is time.</summary>
    internal void SampleIfDue()
    {
        lock (_gate)
            _watch.SampleIfDue();
    }

    /// <summary>Every figure up to a moment.</summary>
    internal ObservedUsage Read(long until)
    {
        lock (_gate)
            return ObservedUsage.Of(_watch.Read(until).Select(f => ((byte)f.Key, f.Value)));
    }

    /// <summary>Every figure until now; who asks often gets the same answer again.</summary>
    internal ObservedUsage Answer()
    {
        lock (_gate)
            return ObservedUsage.Of(_watch.Answer().Select(f => ((byte)f.Key, f.Value)));
    }

    /// <summary>What the counters say of processes killed for want of memory; null when none was.</summary>
    internal ObservedOutOfMemory? OutOfMemory(ObservedUsage usage)
    {
        lock (_gate)
        {
            return usage[(byte)UsageFigure.OutOfMemoryKills] is > 0 and long kills
                ? new ObservedOutOfMemory(kills, (byte)_watch.StarvedBy(), OutOfMemoryVictim.NotKnown, "")
                : null;
        }
    }
}
