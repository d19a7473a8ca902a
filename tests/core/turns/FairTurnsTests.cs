namespace Isolation.Core.Tests.Turns;

/// <summary>
/// Promise: a bounded number of setups is under way at a time; whoever waits is served in turn with every other uid, however much those have waiting;
/// past a bound there is a clear answer, with a time that follows from the present pace; no turn and no place is ever lost.
/// </summary>
public sealed class FairTurnsTests
{
    private const uint Flood = 1001, Late = 1002;
    private readonly HandClock _clock = new();

    [Fact]
    public async Task NoMoreAtOnceThanMayBe()
    {
        FairTurns turns = Turns(atOnce: 3);
        Turn[] held = [await Now(turns, Flood), await Now(turns, Late), await Now(turns, Flood)];
        Task<TurnResult> fourth = Ask(turns, Late);
        Assert.False(fourth.IsCompleted);
        Assert.Equal(1, turns.Waiting);
        held[1].GiveBack();
        Turn next = await Granted(fourth);
        Task<TurnResult> fifth = Ask(turns, 1003);
        held[1].GiveBack(); // again: it changes nothing
        Assert.False(fifth.IsCompleted);
        next.Dispose();
        await Granted(fifth);
    }

    [Fact]
    public async Task WhoComesLateHasEverySecondTurnHoweverManyWaitBefore()
    {
        FairTurns turns = Turns(atOnce: 1);
        Queue<string> order = [];
        Turn first = await Now(turns, 1000);
        List<Task> all = [.. Enumerable.Range(0, 200).Select(_ => Serve(turns, Flood, JobKey.None, "flood", order))];
        all.AddRange(Enumerable.Range(0, 20).Select(_ => Serve(turns, Late, JobKey.None, "late", order)));
        first.Dispose();
        await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(30));
        string[] served = [.. order];
        Assert.Equal(220, served.Length);
        for (int i = 0; i < 40; i += 2)
            Assert.Equal(("flood", "late"), (served[i], served[i + 1]));
        Assert.All(served[40..], s => Assert.Equal("flood", s));
    }

    [Fact]
    public async Task ManyJobsOfAUidHaveOneShareAndHaveItInTurn()
    {
        FairTurns turns = Turns(atOnce: 1);
        Queue<string> order = [];
        Turn first = await Now(turns, 1000);
        List<Task> all = [];
        for (int i = 0; i < 10; i++)
            foreach (string job in (string[])["a", "b", "c"])
                all.Add(Serve(turns, Flood, new JobKey(job), job, order));
        all.AddRange(Enumerable.Range(0, 10).Select(_ => Serve(turns, Late, JobKey.None, "late", order)));
        first.Dispose();
        await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(["a", "late", "b", "late", "c", "late", "a", "late", "b", "late"], order.Take(10));
    }

    [Fact]
    public async Task WithinAJobWhoCameFirstIsFirst()
    {
        FairTurns turns = Turns(atOnce: 1);
        Queue<string> order = [];
        Turn first = await Now(turns, Flood);
        Task[] all = [.. Enumerable.Range(0, 50).Select(i => Serve(turns, Flood, JobKey.None, $"{i}", order))];
        first.Dispose();
        await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), order);
    }

    [Fact]
    public async Task AWaiterWhoseClientGoesLeavesItsPlaceAtOnceAndTheOthersKeepTheirs()
    {
        using CancellationTokenSource gone = new();
        FairTurns turns = Turns(atOnce: 1, ofPilot: 2);
        Turn first = await Now(turns, Flood);
        Task<TurnResult> leaves = Ask(turns, Flood, ct: gone.Token), stays = Ask(turns, Flood);
        Assert.IsType<TurnResult.Full>(await turns.TakeAsync(Pilot(Flood), default));
        await gone.CancelAsync();
        Assert.IsType<TurnResult.Left>(await leaves.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(1, turns.Waiting);
        Task<TurnResult> comes = Ask(turns, Flood);
        first.Dispose();
        (await Granted(stays)).Dispose();
        await Granted(comes);
        Assert.IsType<TurnResult.Left>(await turns.TakeAsync(Pilot(Flood), gone.Token)); // gone before it could line up
        Assert.Equal(0, turns.Waiting);
    }

    [Fact]
    public async Task PastTheBoundOfAPilotIsAClearAnswerAndAnotherPilotStillLinesUp()
    {
        FairTurns turns = Turns(atOnce: 1, ofPilot: 3, ofUid: 5);
        await Now(turns, Flood);
        JobKey one = new("cgroup:0:1:2"), other = new("cgroup:0:1:3"), third = new("cgroup:0:1:4");
        for (int i = 0; i < 3; i++)
            _ = Ask(turns, Flood, one);
        var full = Assert.IsType<TurnResult.Full>(await turns.TakeAsync(Pilot(Flood, one), default));
        Assert.Contains("3 requests of uid 1001", full.Cause, StringComparison.Ordinal);
        Assert.Contains("batch job", full.Cause, StringComparison.Ordinal);
        _ = Ask(turns, Flood, other);
        _ = Ask(turns, Flood, other);
        Assert.Contains("5 requests of uid 1001", Assert.IsType<TurnResult.Full>(await turns.TakeAsync(Pilot(Flood, other), default)).Cause, StringComparison.Ordinal);
        Assert.False(Ask(turns, Flood, third).IsCompleted); // its siblings shut it out of nothing
        Assert.IsType<TurnResult.Full>(await turns.TakeAsync(Pilot(Flood, third), default));
        Assert.False(Ask(turns, Late).IsCompleted);
    }

    [Fact]
    public async Task RetryAfterFollowsThePaceAndTheQueue()
    {
        FairTurns turns = Turns(atOnce: 1, ofPilot: 50);
        Turn held = await Now(turns, Flood);
        Queue<Task<TurnResult>> waiting = new(Enumerable.Range(0, 50).Select(_ => Ask(turns, Flood)));
        Assert.Equal(TimeSpan.FromSeconds(1), await RetryAsync(turns)); // nothing seen yet
        held = await PassOnAsync(turns, held, waiting, TimeSpan.FromMilliseconds(100), 40);
        Assert.Equal(5, (await RetryAsync(turns)).TotalSeconds, 0.1); // 50 x 100 ms

        Task<TurnResult> other = Ask(turns, Late); // has its own turn now and then, and has only one waiting
        Assert.Equal(5.1, (await RetryAsync(turns)).TotalSeconds, 0.1);
        held.Dispose();
        held = await Granted(waiting.Dequeue());
        waiting.Enqueue(Ask(turns, Flood));
        held.Dispose();
        held = await Granted(other);

        held = await PassOnAsync(turns, held, waiting, TimeSpan.FromMilliseconds(500), 80);
        Assert.InRange((await RetryAsync(turns)).TotalSeconds, 24, 25.1); // five times slower
        _clock.Advance(TimeSpan.FromSeconds(20)); // nothing goes on at all
        Assert.Equal(TimeSpan.FromSeconds(60), await RetryAsync(turns));
        held.Dispose();
    }

    [Fact]
    public async Task ATurnThatIsGivenBackForAWhileComesAgainAheadOfItsPilotsOthersAndPastAnyBound()
    {
        FairTurns turns = Turns(atOnce: 1, ofPilot: 1, ofUid: 1);
        Turn lending = await Now(turns, Flood);
        Task<TurnResult> next = Ask(turns, Flood);
        lending.GiveBack();
        Turn second = await Granted(next);
        Task<TurnResult> third = Ask(turns, Flood);
        Task again = lending.TakeAgainAsync(default);
        Assert.Equal(2, turns.Waiting);
        second.Dispose();
        await again.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(third.IsCompleted);
        lending.Dispose();
        await Granted(third);
    }

    [Fact]
    public async Task ATurnThatIsNotWaitedForAgainIsNotHeld()
    {
        using CancellationTokenSource gone = new();
        FairTurns turns = Turns(atOnce: 1);
        Turn lending = await Now(turns, Flood);
        lending.GiveBack();
        Turn other = await Now(turns, Late);
        Task again = lending.TakeAgainAsync(gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again.WaitAsync(TimeSpan.FromSeconds(10)));
        lending.Dispose();
        Task<TurnResult> third = Ask(turns, Flood);
        Assert.False(third.IsCompleted); // the one turn is still the other's
        other.Dispose();
        await Granted(third);
    }

    [Fact]
    public async Task ASetupThatHangsHoldsUpNobodyForEver()
    {
        FairTurns turns = Turns(atOnce: 1);
        Turn hangs = await Now(turns, Flood);
        Task<TurnResult> next = Ask(turns, Late);
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(next.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Turn held = await Granted(next);
        Task<TurnResult> third = Ask(turns, Late);
        hangs.Dispose(); // it had been passed on: this gives nothing back
        Assert.False(third.IsCompleted);
        held.Dispose();
        (await Granted(third)).Dispose();
        Assert.Equal(0, _clock.Timers);
    }

    [Fact]
    public void AHostHasTwiceItsProcessorsAndFourAtLeast()
        => Assert.Equal([4, 4, 64], ((int[])[1, 2, 32]).Select(n => TurnBounds.ForProcessors(n).AtOnce));

    private FairTurns Turns(int atOnce, int ofPilot = 256, int ofUid = 512) => new(new TurnBounds(atOnce, ofPilot, ofUid, TimeSpan.FromSeconds(30)), _clock);

    internal static Pilot Pilot(uint uid, JobKey? job = null) => new(new UserId(uid), new GroupId(uid), new ProcessId(9), 1, "p", "/", job ?? JobKey.None);

    private static Task<TurnResult> Ask(FairTurns turns, uint uid, JobKey? job = null, CancellationToken ct = default) => turns.TakeAsync(Pilot(uid, job), ct).AsTask();

    private static async Task<Turn> Granted(Task<TurnResult> asked) => Assert.IsType<TurnResult.Taken>(await asked.WaitAsync(TimeSpan.FromSeconds(10))).Turn;

    private static Task<Turn> Now(FairTurns turns, uint uid)
    {
        Task<TurnResult> asked = Ask(turns, uid);
        Assert.True(asked.IsCompleted);
        return Granted(asked);
    }

    private static async Task Serve(FairTurns turns, uint uid, JobKey job, string name, Queue<string> order)
    {
        using Turn turn = await Granted(Ask(turns, uid, job));
        order.Enqueue(name); // one turn at a time: nobody else is here
    }

    private static async Task<TimeSpan> RetryAsync(FairTurns turns)
        => Assert.IsType<TurnResult.Full>(await turns.TakeAsync(Pilot(Flood), default)).RetryAfter;

    // Each turn takes so long, and who was served lines up again.
    private async Task<Turn> PassOnAsync(FairTurns turns, Turn held, Queue<Task<TurnResult>> waiting, TimeSpan each, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _clock.Advance(each);
            held.Dispose();
            held = await Granted(waiting.Dequeue());
            waiting.Enqueue(Ask(turns, Flood));
        }

        return held;
    }
}
