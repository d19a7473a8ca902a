using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Setuid;

/// <summary>An empty room: a cell-init that waits. What depends on the payload (leaf, scratch, channel) is made at entry.</summary>
internal sealed class SetuidRoom(CellHost host, RoomPlan plan, PrivateRoomSettings? own, TicketFile ticket, PidFd cellInit, CellControl control) : IHostRoom
{
    private bool _given;

    public RoomPlan Plan => plan;

    public bool IsWaiting => !cellInit.IsOver && !control.IsOver;

    private CellNetwork Network => own?.NetworkOf(plan.Key.Network) ?? PrivateRoomSettings.OfPilot(plan.Key.Network);

    public async Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct)
    {
        _given = true;
        Rollback undo = new("setuid enter");
        undo.Begin("room");
        undo.Push(() => ticket.Remove());
        undo.Push(() =>
        {
            cellInit.Signal(9);
            _ = Sys.Poll(cellInit, PollEvents.In, 1000);
            _ = Sys.WaitFor(cellInit, reap: true);
        });
        EnterResult result;
        try
        {
            result = (await new RoomEntry(host, plan, own, ticket, Network)
                .EnterAsync(entry, (_, _) => Task.FromResult(new RoomResident(cellInit, control)), ct).ConfigureAwait(false))!; // at home wherever the payload is
        }
        catch (Exception e)
        {
            string? left = await GiveUpAsync(undo).ConfigureAwait(false);
            throw e is SetupException setup ? setup.With(left) : e;
        }

        return result is EnterResult.NotPlaced none && await GiveUpAsync(undo).ConfigureAwait(false) is string remains
            ? throw new SetupException("leaf", none.Cause, remains)
            : result;
    }

    public async Task<Residue> DestroyAsync(TimeSpan grace)
    {
        control.Tell(ControlKind.Kill);
        string? stuck = await CellParts.EndAsync(cellInit, control, grace).ConfigureAwait(false);
        CrashPoint.Reach("warden: empty room: cell-init over");
        string? left = ticket.Remove();
        Finding processes = stuck is null ? new Finding.ProvenEmpty("nobody entered") : new Finding.Found(stuck);
        return Residue.None with { Processes = processes, Files = left is null ? Residue.None.Files : new Finding.Found(left) };
    }

    public async ValueTask DisposeAsync()
    {
        if (_given)
            return; // the parts are the cell's
        await control.DisposeAsync().ConfigureAwait(false);
        cellInit.Dispose();
        ticket.Dispose();
    }

    private async Task<string?> GiveUpAsync(Rollback undo)
    {
        string? left = undo.Unwind();
        await control.DisposeAsync().ConfigureAwait(false);
        cellInit.Dispose();
        ticket.Dispose();
        return left;
    }
}
