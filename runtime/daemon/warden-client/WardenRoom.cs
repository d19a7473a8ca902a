using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>An empty room of the warden's.</summary>
internal sealed class WardenRoom(RoomPlan plan, WardenCellCalls calls) : IRoom
{
    public RoomPlan Plan { get; } = plan;

    public async Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct)
    {
        var enter = new EnterRoom(Plan.Cell.Value, entry.Payload.Value, entry.Account.Uid.Value, entry.Account.Gid.Value,
            PlacementMapping.Of(entry.Limits), PlacementMapping.Of(entry.Placement), entry.WithExchange);
        using WardenReply reply = await calls.AskAsync(WardenOperation.Enter, enter.Write, ct, (Descriptor)entry.Client, (Descriptor)entry.Command).ConfigureAwait(false);
        try
        {
            return calls.Checked<EnterResult>(reply, r => EnterAnswer.Read(r.Body()) switch
            {
                EnterAnswer.Entered entered => new EnterResult.Entered(new WardenCell(
                    calls, PlacementMapping.Of(entered), Plan.Key.Level == Level.LogOnly ? null : new WardenPilotEnd(r.TakeDescriptor()), PlacementMapping.Of(entered.Exchange, r),
                    entry.Limits.Wall)),
                EnterAnswer.NotPlaced none => PlacementMapping.Of(none),
                _ => throw new InvalidOperationException("an answer of no kind"),
            });
        }
        catch (SetupException)
        {
            // A room is entered once: whatever is left of it goes.
            _ = await calls.DestroyAsync(TimeSpan.Zero).ConfigureAwait(false);
            await calls.ForgetAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task<Residue> DestroyAsync(TimeSpan grace) => calls.DestroyAsync(grace);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
