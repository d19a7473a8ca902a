using System.Runtime.InteropServices;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: a uid has one survey at a time, a survey that does not end is told as such, and neither holds up another uid.</summary>
public sealed class SurveyTurnsTests : IDisposable
{
    private static readonly RoomKey s_room = new(Level.Setuid, "classic");
    private readonly PidFd _self = PidFd.TryOpen(Environment.ProcessId, out _)!;

    [Fact]
    public async Task OneAtATimeForEachUid()
    {
        Waiting warden = new();
        SurveyTurns turns = new(warden, TimeProvider.System);
        Task<SurveyResult> first = turns.SurveyAsync(Peer(1), Limits.None, s_room), second = turns.SurveyAsync(Peer(1), Limits.None, s_room), other = turns.SurveyAsync(Peer(2), Limits.None, s_room);
        Assert.Equal(2, warden.Asked);
        warden.Go.SetResult();
        await Task.WhenAll(first, second, other).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(3, warden.Asked);
    }

    [Fact]
    public async Task AnAnswerThatDoesNotComeIsToldInTime()
    {
        SurveyTurns turns = new(new Waiting(), new Hurried());
        SurveyResult result = await turns.SurveyAsync(Peer(1), Limits.None, s_room).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("within 10 s", Assert.IsType<SurveyResult.NotSurveyed>(result).Cause, StringComparison.Ordinal);
    }

    public void Dispose() => _self.Dispose();

    private Peer Peer(uint uid)
        => new(_self, new Pilot(new UserId(uid), new GroupId(uid), new ProcessId(1), 1, "p", "/", JobKey.None), IsOperator: false, IsInsideACell: false);

    private sealed class Waiting : IPlaceSurvey
    {
        private int _asked;

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Asked => Volatile.Read(ref _asked);

        public async Task<SurveyResult> SurveyAsync(SafeHandle client, Limits limits, RoomKey room, CancellationToken ct)
        {
            Interlocked.Increment(ref _asked);
            await Go.Task.WaitAsync(ct);
            return new SurveyResult.Surveyed([]);
        }
    }

    // Ten seconds are over in ten milliseconds.
    private sealed class Hurried : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : dueTime / 1000, period);
    }
}
