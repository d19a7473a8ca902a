namespace Isolation.Daemon;

/// <summary>One deadline after the other, or the service's stop, whichever comes first.</summary>
internal sealed class DeadlineClock(TimeSpan span, TimeProvider clock, CancellationToken stop) : IDisposable
{
    private CancellationTokenSource? _timer;
    private CancellationTokenSource? _either;

    /// <summary>Starts a deadline.</summary>
    public CancellationToken Start()
    {
        Stop();
        _timer = new CancellationTokenSource(span, clock);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, stop);
        return _either.Token;
    }

    /// <summary>What was waited for is there.</summary>
    public void Stop()
    {
        _either?.Dispose();
        _timer?.Dispose();
        (_timer, _either) = (null, null);
    }

    public void Dispose() => Stop();
}
