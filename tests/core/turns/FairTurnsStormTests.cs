namespace Isolation.Core.Tests.Turns;

/// <summary>Promise: whatever comes, goes, hangs and is given back in whatever order, no more are set up at once than may be, no bound is passed, no turn lies idle while somebody waits, and nothing is left.</summary>
public sealed class FairTurnsStormTests
{
    private static readonly TurnBounds Bounds = new(AtOnce: 3, WaitingOfPilot: 6, WaitingOfUid: 10, TimeSpan.FromSeconds(30));

    private readonly HandClock _clock = new();
    private readonly FairTurns _turns;
    private readonly List<Setup> _waiting = [], _held = [], _outside = [], _hanging = [];
    private int _refused, _left, _served, _hung;

    public FairTurnsStormTests() => _turns = new FairTurns(Bounds, _clock);

    [Theory]
    [InlineData(1)]
    [InlineData(20261121)]
    public async Task TenThousandStepsKeepTheInvariants(int seed)
    {
        Random random = new(seed);
        for (int step = 0; step < 10_000; step++)
        {
            await StepAsync(random);
            await SettleAsync();
            Assert.InRange(_held.Count, 0, Bounds.AtOnce);
            Assert.True(_waiting.Count == 0 || _held.Count == Bounds.AtOnce, "somebody waits while a turn is free");
            Assert.All(_waiting.Where(w => !w.IsAgain).GroupBy(w => w.Pilot), g => Assert.InRange(g.Count(), 1, Bounds.WaitingOfPilot));
        }

        Assert.All(new[] { _refused, _left, _served, _hung }, n => Assert.InRange(n, 20, 10_000)); // each of them was tried
        while (_held.Count > 0)
        {
            _held.ForEach(h => h.Turn!.Dispose());
            _held.Clear();
            await SettleAsync();
        }

        _hanging.ForEach(h => h.Turn!.Dispose());
        Assert.Empty(_waiting);
        Assert.Equal(0, _turns.Waiting);
        Assert.Equal(0, _clock.Timers);
    }

    private async Task StepAsync(Random random)
    {
        switch (random.Next(100))
        {
            case < 45:
                await AskAsync(FairTurnsTests.Pilot((uint)random.Next(4), new JobKey($"{random.Next(3)}")));
                break;
            case < 80 when Taken(_held, random) is { } over:
                over.Turn!.Dispose();
                over.Turn.Dispose(); // more than once changes nothing
                _served++;
                break;
            case < 85 when Taken(_hanging, random) is { } late:
                late.Turn!.Dispose();
                break;
            case < 90 when _waiting.Count > 0:
                await _waiting[random.Next(_waiting.Count)].Gone.CancelAsync();
                break;
            case < 94 when Taken(_held, random) is { } lends:
                lends.Turn!.GiveBack();
                _outside.Add(lends);
                break;
            case < 98 when Taken(_outside, random) is { } returns:
                _waiting.Add(returns with { IsAgain = true, Asked = AgainAsync(returns) });
                break;
            default:
                Advance(TimeSpan.FromMilliseconds(random.Next(60_000)));
                break;
        }
    }

    private async Task AskAsync(Pilot pilot)
    {
        CancellationTokenSource gone = new();
        Task<TurnResult> asked = _turns.TakeAsync(pilot, gone.Token).AsTask();
        if (!asked.IsCompleted || await asked is not TurnResult.Full full)
        {
            _waiting.Add(new Setup(pilot, asked, gone));
            return;
        }

        _refused++;
        Assert.InRange(full.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        int ofPilot = _waiting.Count(w => w.Pilot == pilot), ofUid = _waiting.Count(w => w.Pilot.Uid == pilot.Uid);
        Assert.True(ofPilot >= Bounds.WaitingOfPilot || (ofUid >= Bounds.WaitingOfUid && ofPilot > 0), $"refused with {ofPilot} waiting, {ofUid} of the uid");
    }

    private static async Task<TurnResult> AgainAsync(Setup setup)
    {
        try
        {
            await setup.Turn!.TakeAgainAsync(setup.Gone.Token);
            return new TurnResult.Taken(setup.Turn);
        }
        catch (OperationCanceledException)
        {
            return new TurnResult.Left();
        }
    }

    private void Advance(TimeSpan by)
    {
        _clock.Advance(by);
        bool Hangs(Setup setup) => _clock.GetElapsedTime(setup.Since) >= Bounds.Longest;
        _hanging.AddRange(_held.Where(Hangs));
        _hung += _held.RemoveAll(Hangs);
    }

    // What is granted or left is told on another thread; how many wait is known at once.
    private async Task SettleAsync()
    {
        Assert.True(SpinWait.SpinUntil(() => _waiting.Count(w => !w.Asked.IsCompleted) == _turns.Waiting, TimeSpan.FromSeconds(10)), "a grant got lost");
        foreach (Setup done in _waiting.Where(w => w.Asked.IsCompleted).ToArray())
        {
            _waiting.Remove(done);
            if (await done.Asked is TurnResult.Taken taken)
                _held.Add(done with { Turn = taken.Turn, Since = _clock.GetTimestamp() });
            else
                _left++;
        }
    }

    private static Setup? Taken(List<Setup> from, Random random)
    {
        if (from.Count == 0)
            return null;
        int at = random.Next(from.Count);
        Setup one = from[at];
        from.RemoveAt(at);
        return one;
    }

    private sealed record Setup(Pilot Pilot, Task<TurnResult> Asked, CancellationTokenSource Gone)
    {
        public Turn? Turn { get; init; }

        public long Since { get; init; }

        public bool IsAgain { get; init; }
    }
}
