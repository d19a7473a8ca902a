using Isolation.Core;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>Probes the levels whenever something has changed, one probe at a time, and tells what has become ready or ceased to be.</summary>
internal sealed class ReadinessWatch(IsolatorCatalog isolators, ILogger log) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Dictionary<Level, Readiness> _told = [];
    private int _wanted;

    /// <summary>Probes soon, on another thread.</summary>
    public void Request()
    {
        // A probe that has not begun yet sees this change too.
        if (Interlocked.Exchange(ref _wanted, 1) == 0)
            _ = Task.Run(ProbeAsync);
    }

    /// <summary>Probes now.</summary>
    public async Task ProbeAsync()
    {
        try
        {
            await _one.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                Volatile.Write(ref _wanted, 0);
                await isolators.ProbeAsync(_stop.Token).ConfigureAwait(false);
                Tell();
            }
            finally
            {
                _one.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The service stops.
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _one.Dispose();
    }

    private void Tell()
    {
        Dictionary<Level, Readiness> now = new(isolators.Readiness);
        foreach ((Level level, Readiness readiness) in now.OrderBy(r => r.Key))
        {
            if (_told.TryGetValue(level, out Readiness? before) && Same(before, readiness))
                continue;
            if (readiness is Readiness.Ready ready)
                Log.LevelReady(log, level.Name(), string.Join(", ", ready.RoomKinds));
            else if (readiness is Readiness.NotReady not)
                Log.LevelNotReady(log, level.Name(), not.Cause, not.Fix);
        }

        _told = now;
    }

    private static bool Same(Readiness left, Readiness right) => (left, right) switch
    {
        (Readiness.Ready l, Readiness.Ready r) => l.RoomKinds.SequenceEqual(r.RoomKinds),
        _ => left == right,
    };
}
