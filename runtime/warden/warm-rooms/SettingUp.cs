namespace Isolation.Warden;

/// <summary>Whether payloads are being set up now: what can wait lets them go first.</summary>
internal sealed class SettingUp(TimeProvider clock)
{
    private static readonly TimeSpan BetweenSteps = TimeSpan.FromMilliseconds(3); // the front and its client take so long from one to the next
    private int _underWay;
    private long _last;

    /// <summary>At least one is, or was a moment ago and has its next step before it.</summary>
    internal bool IsUnderWay => Volatile.Read(ref _underWay) > 0 || clock.GetElapsedTime(Volatile.Read(ref _last)) < BetweenSteps;

    /// <summary>A step of one is, until the returned value is disposed.</summary>
    internal IDisposable Begin()
    {
        Interlocked.Increment(ref _underWay);
        return new Step(this);
    }

    private void End()
    {
        Volatile.Write(ref _last, clock.GetTimestamp());
        Interlocked.Decrement(ref _underWay);
    }

    private sealed class Step(SettingUp all) : IDisposable
    {
        public void Dispose() => all.End();
    }
}
