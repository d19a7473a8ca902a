namespace Isolation.Core;

/// <summary>
/// Lets so many payloads be set up at a time, and where more want to be, hands out turns fairly and keeps those who wait to a bounded number.
/// A uid has one share however many requests and batch jobs it has: jobs of one uid share it, since nobody shall get more by having many. Thread-safe.
/// </summary>
/// <param name="bounds">How many.</param>
/// <param name="clock">The clock.</param>
public sealed class FairTurns(TurnBounds bounds, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly WaitingTurns _waiting = new(); // empty while a turn is free
    private readonly TurnPace _pace = new(clock);
    private int _held;

    /// <summary>How many wait for a turn.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Takes a turn: at once, after a wait, or not at all. Never throws.</summary>
    /// <param name="pilot">Who asks: the uid and its batch job count.</param>
    /// <param name="clientGone">Ends the wait, and frees the place in the queue.</param>
    public async ValueTask<TurnResult> TakeAsync(Pilot pilot, CancellationToken clientGone)
    {
        Turn turn = new(this, pilot);
        Task<bool> granted;
        lock (_lock)
        {
            if (_held < bounds.AtOnce)
            {
                Hold_NeedsLock(turn);
                return new TurnResult.Taken(turn);
            }

            if (FullFor_NeedsLock(pilot) is { } full)
                return full;
            granted = LineUp_NeedsLock(turn, ahead: false);
        }

        return await WaitAsync(turn, granted, clientGone).ConfigureAwait(false) ? new TurnResult.Taken(turn) : new TurnResult.Left();
    }

    internal async Task TakeAgainAsync(Turn turn, CancellationToken clientGone)
    {
        Task<bool> granted;
        lock (_lock)
        {
            if (turn.IsHeld || turn.Place is not null)
                throw new InvalidOperationException("the turn is held, or waited for, already");
            if (_held < bounds.AtOnce)
            {
                Hold_NeedsLock(turn);
                return;
            }

            granted = LineUp_NeedsLock(turn, ahead: true);
        }

        if (!await WaitAsync(turn, granted, clientGone).ConfigureAwait(false))
            throw new OperationCanceledException(clientGone);
    }

    internal void GiveBack(Turn turn)
    {
        lock (_lock)
        {
            if (!turn.IsHeld)
                return;
            turn.IsHeld = false;
            turn.Limit!.Dispose();
            _held--;
            if (_waiting.TakeNext() is not { } next)
                return;
            _pace.HandedOver();
            Hold_NeedsLock(next);
            next.Wait!.SetResult(true);
        }
    }

    private async Task<bool> WaitAsync(Turn turn, Task<bool> granted, CancellationToken clientGone)
    {
        CancellationTokenRegistration leaving = clientGone.UnsafeRegister(_ => Leave(turn), null);
        await using (leaving.ConfigureAwait(false))
            return await granted.ConfigureAwait(false);
    }

    private void Leave(Turn turn)
    {
        lock (_lock)
        {
            if (_waiting.Remove(turn))
                turn.Wait!.SetResult(false);
        }
    }

    private void Hold_NeedsLock(Turn turn)
    {
        _held++;
        turn.IsHeld = true;
        turn.Limit = clock.CreateTimer(static held => ((Turn)held!).GiveBack(), turn, bounds.Longest, Timeout.InfiniteTimeSpan);
    }

    private Task<bool> LineUp_NeedsLock(Turn turn, bool ahead)
    {
        if (_waiting.Count == 0)
            _pace.Begin();
        _waiting.Add(turn, ahead);
        turn.Wait = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        return turn.Wait.Task;
    }

    private TurnResult.Full? FullFor_NeedsLock(Pilot pilot)
    {
        int ofPilot = _waiting.OfPilot(pilot.Uid, pilot.Job), ofUid = _waiting.OfUid(pilot.Uid);
        string? cause = ofPilot >= bounds.WaitingOfPilot
            ? $"{ofPilot} requests of uid {pilot.Uid}{(pilot.Job == JobKey.None ? "" : " in its batch job")} wait to be set up, as many as may"
            : ofUid >= bounds.WaitingOfUid && ofPilot > 0
                ? $"{ofUid} requests of uid {pilot.Uid} wait to be set up, as many as may, and this batch job has one of them"
                : null;
        return cause is null ? null : new TurnResult.Full(cause, _pace.TimeFor(_waiting.TurnsUntilServed(pilot.Uid, pilot.Job)));
    }
}
