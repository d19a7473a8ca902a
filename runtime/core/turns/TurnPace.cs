namespace Isolation.Core;

/// <summary>How fast turns are handed out while somebody waits: a mean in which the last sixteen or so count, and the present pause where that is longer. Not thread-safe.</summary>
internal sealed class TurnPace(TimeProvider clock)
{
    private const double Weight = 1.0 / 16;
    private const double Least = 1; // s
    private const double Most = 60; // s

    private TimeSpan? _mean;
    private long _since;

    /// <summary>From now on somebody waits.</summary>
    public void Begin() => _since = clock.GetTimestamp();

    /// <summary>Somebody who waited has got a turn.</summary>
    public void HandedOver()
    {
        TimeSpan pause = clock.GetElapsedTime(_since);
        _mean = _mean is { } mean ? mean + (pause - mean) * Weight : pause;
        _since = clock.GetTimestamp();
    }

    /// <summary>How long so many turns will take, while somebody waits: 1 s to 60 s.</summary>
    public TimeSpan TimeFor(int turns)
    {
        TimeSpan pause = clock.GetElapsedTime(_since);
        double seconds = turns * (_mean > pause ? _mean.Value : pause).TotalSeconds;
        return TimeSpan.FromSeconds(Math.Clamp(seconds, Least, Most));
    }
}
