namespace Isolation.Daemon;

/// <summary>
/// No more than a bounded number of lines a second of each event: whoever is refused can ask again as fast as it likes, and a log is a file on somebody's
/// disk. What else happens meanwhile is written all the same. Thread-safe.
/// </summary>
internal sealed class LinesPerSecond(TimeProvider clock)
{
    /// <summary>The most lines of one event.</summary>
    public const int Most = 50;

    private readonly Dictionary<int, Count> _counts = []; // events are constants of this program
    private readonly Lock _gate = new();

    /// <summary>True for a line that may be written.</summary>
    /// <param name="eventId">The event.</param>
    /// <param name="leftOut">How many lines of it were left out since the last that was written.</param>
    public bool Take(int eventId, out int leftOut)
    {
        long second = clock.GetUtcNow().ToUnixTimeSeconds();
        lock (_gate)
        {
            Count count = _counts.GetValueOrDefault(eventId);
            if (count.Second != second)
                count = new Count(second, 0, count.LeftOut);
            bool may = count.Written < Most;
            leftOut = may ? count.LeftOut : 0;
            _counts[eventId] = may ? count with { Written = count.Written + 1, LeftOut = 0 } : count with { LeftOut = count.LeftOut + 1 };
            return may;
        }
    }

    private readonly record struct Count(long Second, int Written, int LeftOut);
}
