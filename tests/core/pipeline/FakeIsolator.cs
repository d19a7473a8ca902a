using System.Runtime.InteropServices;

namespace Isolation.Core.Tests.Pipeline;

/// <summary>An isolator whose rooms only write the journal.</summary>
internal sealed class FakeIsolator(Scene scene) : IIsolator
{
    public Level Level { get; set; } = Level.Setuid;

    public IsolatorDescription Description => new(Level, ["classic"], [Position.Own]);

    public Task<Readiness> ProbeAsync(CancellationToken ct) => Task.FromResult<Readiness>(new Readiness.Ready(["classic"]));

    public async Task<IRoom> BuildAsync(RoomPlan plan, CancellationToken ct)
    {
        await scene.CallAsync("build");
        ct.ThrowIfCancellationRequested();
        return new FakeRoom(scene, plan);
    }
}

internal sealed class FakeRoom(Scene scene, RoomPlan plan) : ILendingRoom
{
    public RoomPlan Plan { get; } = plan;

    public async Task<SafeHandle> LendAsync(SafeHandle client, CancellationToken ct)
    {
        await scene.CallAsync("lend");
        return new FakeEnd();
    }

    public async Task<LoanResult> LentAsync(CancellationToken ct)
    {
        await scene.CallAsync("lent");
        ct.ThrowIfCancellationRequested();
        return scene.LoanOutcome;
    }

    public async Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct)
    {
        await scene.CallAsync("enter");
        ct.ThrowIfCancellationRequested();
        return new EnterResult.Entered(new FakeCell(scene));
    }

    public async Task<Residue> DestroyAsync(TimeSpan grace)
    {
        await scene.CallAsync("destroy-room");
        return scene.Residue;
    }

    public async ValueTask DisposeAsync() => await scene.CallAsync("detach-room");
}

internal sealed class FakeCell(Scene scene) : ICell
{
    public CellId Id { get; } = new(Guid.NewGuid());

    public CellSite Site { get; } = new(new Placement(Position.Own, PlacementProperties.CgroupProof, Ceilings.None, LimitKinds.None, ""), "/isolation/cell", "/scratch", CellNetwork.Host);

    public Task<EndingReport> Ending => EndAsync();

    public SafePilotEnd? TakePilotEnd()
    {
        _ = scene.CallAsync("take-pilot-end");
        return new FakeEnd();
    }

    public ExchangeEnd? TakeExchangeEnd() => null;

    public Task BeginCollectionAsync(CancellationToken ct) => scene.CallAsync("begin-collection");

    public async Task<Resolution> ResolveAsync(CancellationToken ct)
    {
        await scene.CallAsync("resolve");
        ct.ThrowIfCancellationRequested();
        return scene.Resolution;
    }

    public async Task<StartResult> StartAsync(Admission admission, CancellationToken ct)
    {
        Assert.False(ct.CanBeCanceled);
        await scene.CallAsync("start");
        return scene.Start;
    }

    public Task<SignalResult> SignalAsync(int signal, CancellationToken ct) => Task.FromResult(SignalResult.Sent);

    public async Task<CellReport> DestroyAsync(TimeSpan grace)
    {
        Assert.True(grace > TimeSpan.Zero);
        await scene.CallAsync("destroy");
        return new CellReport(scene.Residue);
    }

    public Task ForgetAsync() => scene.CallAsync("forget");

    public async ValueTask DisposeAsync() => await scene.CallAsync("detach-cell");

    private async Task<EndingReport> EndAsync()
    {
        await scene.CallAsync("ending");
        return scene.Report;
    }
}

internal sealed class FakeClient(Scene scene) : IClient
{
    public SafeHandle Process { get; } = new FakeEnd();

    public SafeHandle Command { get; } = new FakeEnd();

    public async ValueTask LendAsync(PayloadId payload, SafeHandle socket) => await scene.CallAsync("client-names");

    public async ValueTask EnteredAsync(PayloadId payload, Handle handle, SafePilotEnd? channel, ExchangeEnd? exchange) => await scene.CallAsync("client-entered");

    public async Task<Collection> CollectAsync(PayloadId payload, FileExchange exchange, CancellationToken clientGone)
    {
        await scene.CallAsync("collect");
        clientGone.ThrowIfCancellationRequested();
        return new Collection.Told([.. exchange.Out.Select(_ => new CollectedFile(7, null))]);
    }

    public async ValueTask StartedAsync(RunningPayload payload, ProcessId process) => await scene.CallAsync("client-started");
}

internal sealed class FakeEnd() : SafePilotEnd(-1)
{
    protected override bool ReleaseHandle() => true;
}
