using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: whatever the warden answers, and whenever it goes, every call ends, and an ending is never lost or made up.</summary>
public sealed class WardenClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly RoomPlan Plan = new(new CellId(Guid.NewGuid()), new RoomKey(Level.Setuid, "classic"), PidFd.TryOpen(Environment.ProcessId, out _));

    private readonly string _directory = Directory.CreateTempSubdirectory("isolation-warden-test-").FullName;
    private readonly FakeWarden _warden;
    private readonly WardenLink _link;
    private readonly WardenIsolator _isolator;
    private int _changes;

    public WardenClientTests()
    {
        string path = Path.Combine(_directory, "warden.sock");
        _warden = new FakeWarden(path);
        _link = new WardenLink(path, Sys.EffectiveUid(), () => Interlocked.Increment(ref _changes), NullLogger.Instance);
        _isolator = new WardenIsolator(_link, new IsolatorDescription(Level.Setuid, ["classic"], [Position.Own]), "Start it.", NullLogger.Instance);
        Connected();
    }

    public void Dispose()
    {
        _link.Dispose();
        _warden.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task ACellGoesThroughItsLife()
    {
        _warden.Answer = o => o == WardenOperation.Ending ? FakeWarden.Ended(EndedHow.Exited, 7) : null;
        ICell cell = await EnterAsync();
        Assert.Equal(FakeWarden.Site, cell.Site);
        using (SafePilotEnd end = cell.TakePilotEnd()!)
            Assert.False(end.IsInvalid);
        ResolvedCommand command = Assert.IsType<Resolution.Resolved>(await cell.ResolveAsync(default)).Command;
        Assert.Equal(("/bin/true", new string('0', 64)), (command.Path.ToString(), command.Digest));
        Assert.Equal(4242, Assert.IsType<StartResult.Started>(await StartAsync(cell)).Process.Value);
        EndingReport report = await cell.Ending.WaitAsync(Patience);
        Assert.Equal((new Ending.Exited(7), "cell-init"), ((Ending.Exited)report.Ending, report.Observer));
        Assert.IsType<Figure.Measured>(report.Usage[UsageFigure.Wall]);
        Assert.IsType<Figure.NotAvailable>(report.Usage[UsageFigure.MemoryPeak]);
        Assert.False((await cell.DestroyAsync(TimeSpan.Zero)).Residue.IsDirty);
        await cell.ForgetAsync();
        Assert.Equal(
            [WardenOperation.Hello, WardenOperation.Build, WardenOperation.Enter, WardenOperation.Resolve, WardenOperation.Start, WardenOperation.Ending,
                WardenOperation.Destroy, WardenOperation.Forget], _warden.Asked);
    }

    [Theory]
    [InlineData(EndedHow.Exited, 3, EndingCause.WallLimit, typeof(Ending.TimedOut))]
    [InlineData(EndedHow.Signaled, 9, EndingCause.WallLimit, typeof(Ending.TimedOut))]
    [InlineData(EndedHow.Signaled, 9, EndingCause.ClientGone, typeof(Ending.Abandoned))]
    [InlineData(EndedHow.Signaled, 11, EndingCause.None, typeof(Ending.Signaled))]
    [InlineData(EndedHow.Signaled, 9, EndingCause.Ordered, typeof(Ending.Signaled))]
    [InlineData(EndedHow.Exited, 0, EndingCause.Ordered, typeof(Ending.Exited))]
    [InlineData(EndedHow.Unknown, 0, EndingCause.None, typeof(Ending.Lost))]
    [InlineData(EndedHow.NeverStarted, 0, EndingCause.None, typeof(Ending.SetupFailed))]
    public async Task EveryEndingHasItsWord(EndedHow how, int value, EndingCause cause, Type expected)
    {
        _warden.Answer = o => o == WardenOperation.Ending ? FakeWarden.Ended(how, value, cause) : null;
        ICell cell = await EnterAsync(TimeSpan.FromSeconds(5));
        await StartAsync(cell);
        Ending ending = (await cell.Ending.WaitAsync(Patience)).Ending;
        Assert.IsType(expected, ending);
        if (ending is Ending.TimedOut late)
            Assert.Equal(TimeSpan.FromSeconds(5), late.Limit);
    }

    // The first time it is asked for this it ends the connection, and answers nothing.
    private void GoesAt(WardenOperation at)
    {
        int asked = 0;
        _warden.Before = o =>
        {
            if (o == at && Interlocked.Increment(ref asked) == 1)
                _warden.Break();
        };
        _warden.Answer = Unless(at, static _ => null);
    }

    private Func<WardenOperation, byte[]?> Unless(WardenOperation at, Func<WardenOperation, byte[]?> answer)
        => o => o == at && _warden.Asked.Count(asked => asked == at) == 1 ? [] : answer(o);

    [Fact]
    public async Task WhatTheWardenDeniesNamesItsInvariant()
    {
        _warden.Answer = o => o == WardenOperation.Build ? FakeWarden.Denied("known-level", "level 9") : null;
        SetupException denied = await Assert.ThrowsAsync<SetupException>(() => _isolator.BuildAsync(Plan, default));
        Assert.Equal("warden: known-level", denied.Step);
        Assert.Contains("level 9", denied.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatFailsTellsWhatWasNotUndone()
    {
        _warden.Answer = o => o == WardenOperation.Build ? FakeWarden.Failed("mkdir", "no space", "the ticket") : null;
        SetupException failed = await Assert.ThrowsAsync<SetupException>(() => _isolator.BuildAsync(Plan, default));
        Assert.Equal(("mkdir", "no space", "the ticket"), (failed.Step, failed.Cause, failed.Undo));
    }

    [Fact]
    public async Task ARoomThatCannotBeEnteredIsDestroyed()
    {
        _warden.Answer = o => o == WardenOperation.Enter ? FakeWarden.Denied("account", "uid 0") : null;
        IRoom room = await _isolator.BuildAsync(Plan, default);
        await Assert.ThrowsAsync<SetupException>(() => EnterAsync(room, null));
        Assert.Contains(WardenOperation.Destroy, _warden.Asked);
        Assert.Contains(WardenOperation.Forget, _warden.Asked);
    }

    [Fact]
    public async Task ABuildThatIsGivenUpIsOverWhenItIsUndone()
    {
        using CancellationTokenSource gone = new();
        using ManualResetEventSlim late = new();
        _warden.Before = o =>
        {
            if (o == WardenOperation.Build)
                late.Wait(Patience);
        };
        Task<IRoom> build = _isolator.BuildAsync(Plan, gone.Token);
        gone.Cancel();
        Assert.True(SpinWait.SpinUntil(() => _warden.Asked.Contains(WardenOperation.Build), Patience));
        Assert.False(build.IsCompleted); // the warden works on it still
        late.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build.WaitAsync(Patience));
        Assert.Equal([WardenOperation.Hello, WardenOperation.Build, WardenOperation.Destroy, WardenOperation.Forget], _warden.Asked);
    }

    [Theory]
    [InlineData(WardenOperation.Build)]
    [InlineData(WardenOperation.Enter)]
    [InlineData(WardenOperation.Resolve)]
    [InlineData(WardenOperation.Signal)]
    public async Task AWardenThatGoesEndsEveryCallThatIsNotToBeRepeated(WardenOperation at)
    {
        GoesAt(at);
        SetupException gone = await Assert.ThrowsAnyAsync<SetupException>(async () =>
        {
            ICell cell = await EnterAsync().WaitAsync(Patience);
            _ = await cell.ResolveAsync(default).WaitAsync(Patience);
            _ = await StartAsync(cell).WaitAsync(Patience);
            _ = await cell.SignalAsync(15, default).WaitAsync(Patience);
        });
        Assert.Contains("the warden went away", gone.Cause, StringComparison.Ordinal);
        Assert.Single(_warden.Asked, at);
    }

    [Theory]
    [InlineData(WardenOperation.Start)]
    [InlineData(WardenOperation.Ending)]
    [InlineData(WardenOperation.Destroy)]
    [InlineData(WardenOperation.Forget)]
    public async Task OfAPayloadThatWasToldToStartTheNextWardenIsAsked(WardenOperation at)
    {
        GoesAt(at);
        _warden.Answer = Unless(at, o => o == WardenOperation.Ending ? FakeWarden.Ended(EndedHow.Exited, 7) : null);
        ICell cell = await EnterAsync();
        Assert.Equal(4242, Assert.IsType<StartResult.Started>(await StartAsync(cell).WaitAsync(Patience)).Process.Value);
        EndingReport report = await cell.Ending.WaitAsync(Patience);
        Assert.Equal((new Ending.Exited(7), "cell-init"), ((Ending.Exited)report.Ending, report.Observer));
        Assert.False((await cell.DestroyAsync(TimeSpan.Zero).WaitAsync(Patience)).Residue.IsDirty);
        await cell.ForgetAsync().WaitAsync(Patience);
        Assert.True(SpinWait.SpinUntil(() => _warden.Asked.Count(o => o == WardenOperation.Forget) == (at == WardenOperation.Forget ? 2 : 1), Patience));
        Assert.Equal(at == WardenOperation.Start ? 1 : 0, _warden.Asked.Count(o => o == WardenOperation.Find));
    }

    [Fact]
    public async Task AStartOfWhichNobodyKnowsAProcessHasItsEndingSayWhatCameOfIt()
    {
        GoesAt(WardenOperation.Start);
        _warden.Answer = Unless(WardenOperation.Start, o => o switch
        {
            WardenOperation.Find => FakeWarden.Done(w => w.I32(0)),
            WardenOperation.Ending => FakeWarden.Ended(EndedHow.NeverStarted, 0),
            _ => null,
        });
        ICell cell = await EnterAsync();
        Assert.IsType<StartResult.Unseen>(await StartAsync(cell).WaitAsync(Patience));
        Assert.IsType<Ending.SetupFailed>((await cell.Ending.WaitAsync(Patience)).Ending);
    }

    [Fact]
    public async Task ForARoomInWhichNothingWasStartedNobodyWaits()
    {
        ICell cell = await EnterAsync();
        _warden.Dispose();
        Assert.True(SpinWait.SpinUntil(() => !_link.IsConnected, Patience));
        Assert.False((await cell.DestroyAsync(TimeSpan.Zero).WaitAsync(Patience)).Residue.IsDirty);
    }

    [Theory]
    [InlineData(WardenProtocol.NoCell, typeof(Ending.SetupFailed), false)]
    [InlineData(WardenProtocol.AnotherStage, typeof(Ending.SetupFailed), true)]
    [InlineData("left-alone", typeof(Ending.Lost), true)]
    public async Task OfACellOfAnEarlierRunTheWardenKnowsWhetherItWasStarted(string denied, Type expected, bool isDirty)
    {
        _warden.Answer = o => o is WardenOperation.Ending or WardenOperation.Destroy ? FakeWarden.Denied(denied, "it") : null;
        WardenCell cell = new(new WardenCellCalls(_link, Plan.Cell, NullLogger.Instance), FakeWarden.Site, null, wasStarted: false, lost: null);
        Assert.IsType(expected, (await cell.Ending.WaitAsync(Patience)).Ending);
        Assert.Equal(isDirty, (await cell.DestroyAsync(TimeSpan.Zero).WaitAsync(Patience)).Residue.IsDirty);
    }

    [Fact]
    public async Task OfOneWhoseStartIsOnRecordAWardenWithoutItsCellProvesNothing()
    {
        _warden.Answer = o => o is WardenOperation.Ending or WardenOperation.Destroy ? FakeWarden.Denied(WardenProtocol.NoCell, "it") : null;
        WardenCell cell = new(new WardenCellCalls(_link, Plan.Cell, NullLogger.Instance), FakeWarden.Site, null, wasStarted: true, lost: null);
        Assert.IsType<Ending.Lost>((await cell.Ending.WaitAsync(Patience)).Ending);
        Assert.True((await cell.DestroyAsync(TimeSpan.Zero).WaitAsync(Patience)).Residue.IsDirty);
    }

    [Fact]
    public async Task AStartOfWhichTheNextWardenCanSayNothingIsNotCalledOneThatNeverWas()
    {
        GoesAt(WardenOperation.Start);
        _warden.Answer = Unless(WardenOperation.Start, o => o is WardenOperation.Find or WardenOperation.Ending ? FakeWarden.Denied("left-alone", "it") : null);
        ICell cell = await EnterAsync();
        Assert.IsType<StartResult.Unseen>(await StartAsync(cell).WaitAsync(Patience));
        Assert.IsType<Ending.Lost>((await cell.Ending.WaitAsync(Patience)).Ending);
    }

    [Fact]
    public async Task OfACellOfAnotherBootNobodyIsAskedHowItEnded()
    {
        WardenCell cell = new(new WardenCellCalls(_link, Plan.Cell, NullLogger.Instance), FakeWarden.Site, null, wasStarted: true, lost: "the machine was started again");
        Assert.Equal(new Ending.Lost("the machine was started again"), (await cell.Ending.WaitAsync(Patience)).Ending);
        Assert.DoesNotContain(WardenOperation.Ending, _warden.Asked);
    }

    [Fact]
    public async Task ItConnectsAgainAndTellsBoth()
    {
        _warden.Break();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _changes) >= 3 && _link.IsConnected, Patience));
        Assert.IsType<Readiness.Ready>(await _isolator.ProbeAsync(default));
    }

    [Fact]
    public async Task WithoutAWardenTheLevelIsNotReadyWithTheFix()
    {
        _warden.Dispose();
        Assert.True(SpinWait.SpinUntil(() => !_link.IsConnected, Patience));
        Assert.Equal("Start it.", Assert.IsType<Readiness.NotReady>(await _isolator.ProbeAsync(default)).Fix);
        await Assert.ThrowsAnyAsync<SetupException>(() => _isolator.BuildAsync(Plan, default));
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData((byte)Position.Own, 9)]
    public async Task APositionOrNetworkThatDoesNotExistIsAFailedStep(byte position, byte network)
    {
        _warden.Answer = o => o == WardenOperation.Enter ? FakeWarden.Done(new EnterAnswer.Entered(position, 0, 0, 0, "", "/cell", "/scratch", network, 0, "").Write) : null;
        IRoom room = await _isolator.BuildAsync(Plan, default);
        using Descriptor command = SealedMemory.Create("test"u8, [1]);
        using PidFd client = PidFd.TryOpen(Environment.ProcessId, out _)!;
        await Assert.ThrowsAsync<SetupException>(() => room.EnterAsync(EntryOf(null, command, client), default));
    }

    [Theory]
    [InlineData(WardenOperation.Probe)]
    [InlineData(WardenOperation.Build)]
    public async Task AnAnswerThatIsNotInTheProtocolIsAFailedStep(WardenOperation at)
    {
        _warden.Answer = o => o == at ? FakeWarden.Done(w => w.Id(Guid.NewGuid()).Id(Guid.NewGuid())) : null;
        if (at == WardenOperation.Probe)
            Assert.Contains("strange", Assert.IsType<Readiness.NotReady>(await _isolator.ProbeAsync(default)).Cause, StringComparison.Ordinal);
        else
            await Assert.ThrowsAsync<SetupException>(() => _isolator.BuildAsync(Plan, default));
    }

    [Fact]
    public async Task AnAnswerOfNoKnownKindEndsTheConnection()
    {
        _warden.Answer = o => o == WardenOperation.Build ? [7, 0, 0, 0, 0] : null;
        await Assert.ThrowsAnyAsync<SetupException>(() => _isolator.BuildAsync(Plan, default).WaitAsync(Patience));
    }

    [Fact]
    public void SomebodyElsesSocketIsNotUsed()
    {
        string path = Path.Combine(_directory, "warden.sock");
        WireException refused = Assert.Throws<WireException>(() => WardenChannel.Connect(path, Sys.EffectiveUid() + 1, 1000));
        Assert.Contains("uid", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManyRequestsAreUnderWayAtATimeEvenIfTheWardenDoesNotRead()
    {
        using ManualResetEventSlim reading = new();
        _warden.Before = o =>
        {
            if (o == WardenOperation.Resolve)
                reading.Wait(Patience);
        };
        ICell cell = await EnterAsync();
        Task resolve = cell.ResolveAsync(default);
        // More than the socket holds: nobody waits for the sending.
        Task<IRoom>[] builds = [.. Enumerable.Range(0, 2000).Select(_ => _isolator.BuildAsync(Plan, default))];
        Assert.DoesNotContain(builds, b => b.IsCompleted);
        reading.Set();
        await Task.WhenAll([resolve, .. builds]).WaitAsync(Patience);
    }

    private void Connected() => Assert.True(SpinWait.SpinUntil(() => _link.IsConnected, Patience));

    private async Task<ICell> EnterAsync(TimeSpan? wall = null) => await EnterAsync(await _isolator.BuildAsync(Plan, default), wall);

    private static async Task<ICell> EnterAsync(IRoom room, TimeSpan? wall)
    {
        using Descriptor command = SealedMemory.Create("test"u8, [1]);
        using PidFd client = PidFd.TryOpen(Environment.ProcessId, out _)!;
        return Assert.IsType<EnterResult.Entered>(await room.EnterAsync(EntryOf(wall, command, client), default)).Cell;
    }

    private static Entry EntryOf(TimeSpan? wall, Descriptor command, PidFd client) => new(
        new PayloadId(Plan.Cell.Value), new Account(new UserId(2000000), new GroupId(2000000), ImmutableArray<GroupId>.Empty, null),
        Limits.None with { Wall = wall }, PlacementDemand.Default, command, client);

    private static async Task<StartResult> StartAsync(ICell cell)
    {
        using Descriptor command = SealedMemory.Create("test"u8, [1]);
        using PidFd client = PidFd.TryOpen(Environment.ProcessId, out _)!;
        return await cell.StartAsync(Admission.Mint(EntryOf(null, command, client), new LedgerReceipt(new PayloadId(Plan.Cell.Value), 1)), default);
    }
}
