using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>
/// The service on its way out, as an operator asked: nothing new is begun, what was begun is seen to its end, then the service ends; or at a deadline, and then what runs, runs on.
/// Thread-safe.
/// </summary>
/// <param name="ledger">Where the asking is recorded.</param>
/// <param name="end">Ends the service.</param>
/// <param name="clock">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class Drain(ILedger ledger, Action end, TimeProvider clock, ILogger log) : IDisposable
{
    private static readonly TimeSpan TellingDeadline = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<int> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _deadline;
    private bool _isDraining;
    private int _begun;
    private int _telling;

    /// <summary>It was asked for.</summary>
    public bool IsDraining
    {
        get
        {
            lock (_lock)
                return _isDraining;
        }
    }

    /// <summary>Begins something new, up to the disposal of the returned value; null while the service is drained.</summary>
    public IDisposable? TryBegin()
    {
        lock (_lock)
            return _isDraining ? null : Count();
    }

    /// <summary>The same for what is part of something begun: it counts, and is never turned away.</summary>
    public IDisposable Begin()
    {
        lock (_lock)
            return Count();
    }

    /// <summary>Begins to drain; asked again it goes on, with the deadline of the last who named one.</summary>
    /// <param name="who">On whose word.</param>
    /// <param name="within">When to end all the same; null for never.</param>
    public async Task StartAsync(string who, TimeSpan? within)
    {
        lock (_lock)
        {
            _isDraining = true;
            if (within is TimeSpan time)
            {
                _deadline?.Dispose();
                _deadline = clock.CreateTimer(_ => Finish(evenIfBegun: true), null, time, Timeout.InfiniteTimeSpan);
            }
        }

        Log.Draining(log, who);
        await RecordAsync(who, within).ConfigureAwait(false);
        Finish(evenIfBegun: false);
    }

    /// <summary>Waits for the end of it; the service lives on for a moment, in which whoever waited tells, until it disposes the given value.</summary>
    /// <returns>How much of what was begun is left; 0 when it was all seen to its end.</returns>
    public async Task<(int Left, IDisposable Telling)> WaitAsync()
    {
        lock (_lock)
            _telling++;
        return (await _over.Task.ConfigureAwait(false), new Scope(() =>
        {
            lock (_lock)
            {
                if (--_telling == 0)
                    _told.TrySetResult();
            }
        }));
    }

    public void Dispose() => _deadline?.Dispose();

    private Scope Count()
    {
        _begun++;
        return new Scope(() =>
        {
            lock (_lock)
                _begun--;
            Finish(evenIfBegun: false);
        });
    }

    private void Finish(bool evenIfBegun)
    {
        lock (_lock)
        {
            if (!_isDraining || (_begun > 0 && !evenIfBegun) || !_over.TrySetResult(_begun))
                return;
            if (_telling == 0)
                _told.TrySetResult();
        }

        _ = EndAsync();
    }

    private async Task EndAsync()
    {
        await Task.WhenAny(_told.Task, Task.Delay(TellingDeadline, clock)).ConfigureAwait(false);
        end();
    }

    private async Task RecordAsync(string who, TimeSpan? within)
    {
        var details = ImmutableSortedDictionary<string, string>.Empty.Add("asked-by", who);
        if (within is TimeSpan time)
            details = details.Add("within-seconds", time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture));
        try
        {
            await ledger.EventAsync(new ServiceEvent("draining", null, details)).ConfigureAwait(false);
        }
        catch (LedgerException e)
        {
            Log.NotRecorded(log, "draining", e.Cause);
        }
    }

    private sealed class Scope(Action leave) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                leave();
        }
    }
}
