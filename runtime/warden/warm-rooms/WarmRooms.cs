using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>
/// Rooms built ahead. A kind of room that was asked for once is kept in stock from then on, as many as the site says; each is used once and has never held
/// anything of anybody's. Of a kind they are built one at a time, while no payload is being set up where that can be waited for, and all of them go when the policy changes.
/// Only rooms in the host's own network are built ahead: one in a batch job's would keep that network alive after the job.
/// </summary>
internal sealed class WarmRooms : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10); // for rooms whose resident has gone
    private static readonly TimeSpan UnwantedPatience = TimeSpan.FromSeconds(1); // a payload may still be on its way to a room for its account
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan CalmPatience = TimeSpan.FromMilliseconds(50);
    private const int RemovedAtOnce = 16; // each mostly waits for its resident's end
    private readonly Lock _turn = new();
    private readonly Dictionary<RoomKey, WarmShelf> _shelves = [];
    private readonly Func<Level, int> _size;
    private readonly Func<bool> _isBusy;
    private readonly TimeProvider _clock;
    private readonly WardenLog _log;
    private readonly Task _keeping;
    private Task _removals = Task.CompletedTask;
    private int _epoch;
    private volatile bool _isOver;

    /// <summary>Begins with none.</summary>
    /// <param name="size">How many of a kind are kept at a level, now.</param>
    /// <param name="isBusy">A payload is being set up.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="log">Where it is told that rooms cannot be built.</param>
    internal WarmRooms(Func<Level, int> size, Func<bool> isBusy, TimeProvider clock, WardenLog log)
    {
        (_size, _isBusy, _clock, _log) = (size, isBusy, clock, log);
        _keeping = Task.Run(KeepAsync);
    }

    private SemaphoreSlim Wanted { get; } = new(0);

    /// <summary>A room that fits, the caller's from now on.</summary>
    /// <returns>Null where there is none: the caller builds one, and the next will find one here.</returns>
    internal IRoom? TryTake(IHostIsolator isolator, RoomPlan asked)
    {
        if (_size(asked.Key.Level) == 0 || isolator.Ahead(asked) is not RoomPlan fitting)
            return null;
        List<IHostRoom> dead = [];
        IRoom? taken;
        lock (_turn)
        {
            if (!_shelves.TryGetValue(fitting.Key, out WarmShelf? shelf))
                _shelves.Add(fitting.Key, shelf = new WarmShelf(fitting.Key, isolator));
            taken = shelf.Take(fitting, SizeOf(shelf), dead);
        }

        Wanted.Release();
        Remove(dead, "its resident has gone");
        return taken;
    }

    /// <summary>Policy has changed: nothing that was built before is given out any more, once this returns.</summary>
    internal void Drain()
    {
        List<IHostRoom> off;
        lock (_turn)
        {
            _epoch++;
            off = [.. _shelves.Values.SelectMany(shelf => shelf.Clear())];
        }

        Remove(off, why: null);
        Wanted.Release();
    }

    /// <summary>What is in stock.</summary>
    internal Task<Answer> ListAsync(byte[] body)
    {
        new MessageReader(body).End();
        lock (_turn)
        {
            StockedRooms stock = new([.. _shelves.Values.Select(shelf => new StockedKind(
                (byte)shelf.Key.Level, shelf.Key.Kind, shelf.Count, shelf.Hits, shelf.Misses, shelf.Oldest is long since ? (long)_clock.GetElapsedTime(since).TotalMilliseconds : 0))]);
            return Task.FromResult(new Answer(WardenAnswer.Done, stock.Write));
        }
    }

    /// <summary>Removes all, in a bounded time; none is built afterwards.</summary>
    public void Dispose()
    {
        _isOver = true;
        Wanted.Release();
        Task[] builds;
        lock (_turn)
            builds = [_keeping, .. _shelves.Values.Select(shelf => shelf.Building)];
        _ = Task.WaitAny([Task.WhenAll(builds)], Grace);
        lock (_turn)
            Remove([.. _shelves.Values.SelectMany(shelf => shelf.Clear())], why: null);
        _ = Task.WaitAny([_removals], Grace);
    }

    private async Task KeepAsync()
    {
        while (!_isOver)
        {
            try
            {
                await Wanted.WaitAsync(HasUnwanted() ? UnwantedPatience : LookInterval).ConfigureAwait(false);
                Remove(NoLongerWanted(), why: null);
                while (IsLacking())
                {
                    await WaitForCalmAsync().ConfigureAwait(false);
                    BuildNext();
                }
            }
            catch (Exception e)
            {
                // Nobody awaits this, and without a stock payloads only wait a little longer.
                _log.Write($"rooms built ahead: {e}");
            }
        }
    }

    private bool HasUnwanted()
    {
        lock (_turn)
            return _shelves.Values.Any(shelf => shelf.HasUnwanted);
    }

    private List<IHostRoom> NoLongerWanted()
    {
        lock (_turn)
        {
            long now = _clock.GetTimestamp(), patience = (long)(UnwantedPatience.TotalSeconds * _clock.TimestampFrequency);
            return [.. _shelves.Values.SelectMany(shelf => shelf.ClearUnwanted(SizeOf(shelf), now, patience))];
        }
    }

    private bool IsLacking()
    {
        lock (_turn)
            return Lacking().Any();
    }

    // What is wanted now. Of each kind one is built at a time: a runtime of containers that hangs holds up nobody else's.
    private void BuildNext()
    {
        lock (_turn)
        {
            if (Lacking().MinBy(lacking => lacking.Shelf.Count) is { Shelf: WarmShelf shelf, Plan: RoomPlan plan })
                _ = LookAfterAsync(shelf.Building = AddAsync(shelf, plan, _epoch));
        }
    }

    private async Task LookAfterAsync(Task building)
    {
        await building.ConfigureAwait(false);
        Wanted.Release();
    }

    private IEnumerable<(WarmShelf Shelf, RoomPlan Plan)> Lacking()
    {
        long now = _clock.GetTimestamp();
        return _isOver ? []
            : from shelf in _shelves.Values
              where shelf.Building.IsCompleted && shelf.NotBefore <= now
              let plan = shelf.Lacking(SizeOf(shelf))
              where plan is not null
              select (shelf, plan);
    }

    private int SizeOf(WarmShelf shelf) => _size(shelf.Key.Level);

    private async Task WaitForCalmAsync()
    {
        for (long since = _clock.GetTimestamp(); _isBusy() && _clock.GetElapsedTime(since) < CalmPatience;)
            await Task.Delay(Look).ConfigureAwait(false);
    }

    private async Task AddAsync(WarmShelf shelf, RoomPlan plan, int epoch)
    {
        await Task.Yield(); // its caller holds the lock
        try
        {
            CellId name = new(Guid.CreateVersion7(_clock.GetUtcNow()));
            var room = (IHostRoom)await shelf.Isolator.BuildAsync(plan with { Cell = name }, CancellationToken.None).ConfigureAwait(false);
            CrashPoint.Reach("warden: built ahead");
            lock (_turn)
            {
                shelf.Failures = 0;
                if (epoch == _epoch && !_isOver)
                    shelf.Put(room, _clock.GetTimestamp());
                else
                    Remove([room], why: null);
            }
        }
        catch (SetupException e)
        {
            PauseAfter(shelf, e);
        }
        catch (Exception e)
        {
            PauseAfter(shelf, new SetupException("build", e.ToString(), undo: null, e));
        }
    }

    private void PauseAfter(WarmShelf shelf, SetupException e)
    {
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(shelf.Failures, 6));
        pause = pause < LongestPause ? pause : LongestPause;
        shelf.NotBefore = _clock.GetTimestamp() + (long)(pause.TotalSeconds * _clock.TimestampFrequency);
        if (shelf.Failures++ == 0)
            _log.Write($"no {shelf.Key.Level.Name()} room ({shelf.Key.Kind}) could be built ahead: {e.Message}. It is tried again; until then payloads wait for theirs.");
    }

    private void Remove(List<IHostRoom> rooms, string? why)
    {
        if (rooms.Count == 0)
            return;
        lock (_turn)
            _removals = Task.WhenAll(_removals, RemoveAsync(rooms, why));
    }

    private Task RemoveAsync(List<IHostRoom> rooms, string? why)
        => Parallel.ForEachAsync(rooms, new ParallelOptions { MaxDegreeOfParallelism = RemovedAtOnce }, async (room, _) =>
        {
            try
            {
                Residue residue = await room.DestroyAsync(Grace).ConfigureAwait(false);
                await room.DisposeAsync().ConfigureAwait(false);
                if (why is not null || residue.IsDirty)
                    _log.Write($"a room built ahead was removed: {why ?? "not needed any more"}{(residue.IsDirty ? "; something of it is left" : "")}");
            }
            catch (Exception e)
            {
                _log.Write($"a room built ahead could not be removed: {e.Message}");
            }
        });
}
