using Isolation.Core;

namespace Isolation.Daemon;

/// <summary>Surveys for clients, one at a time for each uid: each makes leaves, and whoever asks often waits for itself alone.</summary>
internal sealed class SurveyTurns(IPlaceSurvey survey, TimeProvider clock)
{
    /// <summary>How long a client may wait, for its turn and for the answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<UserId, (SemaphoreSlim One, int Users)> _turns = [];
    private readonly Lock _lock = new();

    /// <summary>Surveys; an answer that does not come in time is one that says so.</summary>
    public async Task<SurveyResult> SurveyAsync(Peer peer, Limits limits, RoomKey room)
    {
        UserId uid = peer.Pilot.Uid;
        SemaphoreSlim one = Enter(uid);
        try
        {
            using CancellationTokenSource late = new(Patience, clock);
            await one.WaitAsync(late.Token).ConfigureAwait(false);
            try
            {
                return await survey.SurveyAsync(peer.Process, limits, room, late.Token).ConfigureAwait(false);
            }
            finally
            {
                one.Release();
            }
        }
        catch (OperationCanceledException)
        {
            return new SurveyResult.NotSurveyed($"the positions were not surveyed within {Patience.TotalSeconds} s", "Ask again; if it stays, look into the warden's log.");
        }
        finally
        {
            Leave(uid);
        }
    }

    private SemaphoreSlim Enter(UserId uid)
    {
        lock (_lock)
        {
            (SemaphoreSlim One, int Users) turn = _turns.TryGetValue(uid, out (SemaphoreSlim One, int Users) known) ? known : (new SemaphoreSlim(1, 1), 0);
            _turns[uid] = (turn.One, turn.Users + 1);
            return turn.One;
        }
    }

    private void Leave(UserId uid)
    {
        lock (_lock)
        {
            (SemaphoreSlim one, int users) = _turns[uid];
            if (users > 1)
            {
                _turns[uid] = (one, users - 1);
                return;
            }

            _turns.Remove(uid);
            one.Dispose();
        }
    }
}
