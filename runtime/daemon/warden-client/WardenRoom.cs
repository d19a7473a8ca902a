using System.Runtime.InteropServices;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>An empty room of the warden's.</summary>
internal sealed class WardenRoom(RoomPlan plan, WardenCellCalls calls) : ILendingRoom
{
    public RoomPlan Plan { get; } = plan;

    public async Task<SafeHandle> LendAsync(SafeHandle client, CancellationToken ct)
    {
        using WardenReply reply = await calls.AskAsync(WardenOperation.Lend, _ => { }, (Descriptor)client).WaitAsync(ct).ConfigureAwait(false);
        return calls.Checked(reply, static r =>
        {
            r.Done();
            return r.TakeDescriptor();
        });
    }

    public async Task<LoanResult> LentAsync(CancellationToken ct)
    {
        using WardenReply reply = await calls.AskAsync(WardenOperation.Lent).WaitAsync(ct).ConfigureAwait(false);
        return calls.Checked<LoanResult>(reply, static r => LentAnswer.Read(r.Body()) switch
        {
            LentAnswer.Lent lent => new LoanResult.Lent(new Loan(
                ByteString.TryFrom(lent.Path, out ByteString path) ? path : throw new WireException("a path with a NUL"), lent.Device, lent.Inode)),
            LentAnswer.Refused refused => new LoanResult.Refused(refused.Why, refused.Fix),
            _ => throw new InvalidOperationException("an answer of no kind"),
        });
    }

    public async Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct)
    {
        var enter = new EnterRoom(Plan.Cell.Value, entry.Account.Uid.Value, entry.Account.Gid.Value,
            PlacementMapping.Of(entry.Limits), PlacementMapping.Of(entry.Placement), entry.WithExchange, entry.IsDetached);
        using WardenReply reply = await calls.AskAsync(WardenOperation.Enter, enter.Write, ct, (Descriptor)entry.Client, (Descriptor)entry.Command).ConfigureAwait(false);
        try
        {
            return calls.Checked<EnterResult>(reply, r => EnterAnswer.Read(r.Body()) switch
            {
                EnterAnswer.Entered entered => new EnterResult.Entered(new WardenCell(
                    calls, PlacementMapping.Of(entered), Plan.Key.Level == Level.LogOnly ? null : new WardenPilotEnd(r.TakeDescriptor()), PlacementMapping.Of(entered.Exchange, r),
                    entry.Limits.Wall)),
                EnterAnswer.NoImage image => new EnterResult.NoImage(image.Cause, image.Fix),
                EnterAnswer.NotPlaced none => PlacementMapping.Of(none),
                _ => throw new InvalidOperationException("an answer of no kind"),
            });
        }
        catch (SetupException)
        {
            // A room is entered once: whatever is left of it goes.
            _ = await calls.DestroyUnusedAsync(TimeSpan.Zero).ConfigureAwait(false);
            await calls.ForgetAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task<Residue> DestroyAsync(TimeSpan grace) => calls.DestroyUnusedAsync(grace);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
