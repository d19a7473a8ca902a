using Isolation.Core;
using Isolation.Ledger;
using Isolation.Policy;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>
/// Sees to what an earlier run of the service left, before anybody is listened to: payloads without an ending are waited for again, what ended last can be told
/// again to whoever waited for it, and accounts of payloads that came to nothing are given back once the warden has nothing of theirs. None of it waits for a
/// warden that is not there.
/// </summary>
internal sealed class Recovery(
    WardenLink warden, PayloadRunner runner, RunningPayloads running, NodeLedger ledger, Leases leases, PayloadCounts counts, Drain drain, string bootId, ILogger log)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Begins.</summary>
    public void Begin()
    {
        CrashPoint.Reach("isolationd: recovery: begun");
        EarlierRun earlier = ledger.ReadEarlierRun(leases.Held.ToDictionary(held => held.Lease.Payload, held => held.Since));
        running.ForgetUntil(earlier.Since);
        foreach (EndedPayload over in earlier.Ended)
            running.Keep(ResultOf(over));
        foreach (UnendedPayload unended in earlier.Unended)
            _ = ResumeAsync(unended);
        HashSet<PayloadId> open = [.. earlier.Unended.Select(u => u.Admitted.Payload), .. earlier.Unreadable.Keys];
        foreach ((PayloadId payload, string why) in earlier.Unreadable)
            Log.NotRecovered(log, payload, why);
        HeldLease[] nobodys = [.. leases.Held.Where(held => !open.Contains(held.Lease.Payload))];
        foreach (HeldLease held in nobodys)
            _ = GiveBackAsync(held.Lease, earlier.Endings.GetValueOrDefault(held.Lease.Payload)?.Residue);
        _ = RemoveStraysAsync();
        if (open.Count + nobodys.Length > 0)
            Log.Recovering(log, open.Count, nobodys.Length);
    }

    private static OverPayload ResultOf(EndedPayload over) => new(
        over.Admitted.Payload, over.Admitted.Pilot.Uid, over.Admitted.Pilot.Job, over.Admitted.HandleDigest,
        new PayloadResult(over.Admitted.Payload, over.Ended.Ending, over.Ended.Usage, over.Ended.Residue) { OutOfMemory = over.Ended.OutOfMemory, Collection = over.Ended.Collection });

    private async Task ResumeAsync(UnendedPayload unended)
    {
        PayloadId id = unended.Admitted.Payload;
        UserId uid = unended.Admitted.Pilot.Uid;
        counts.Add(uid);
        using IDisposable begun = drain.Begin();
        try
        {
            bool isOfThisBoot = unended.BootId == bootId;
            WardenCell cell = new(CallsOf(id), unended.Admitted.Site, unended.Admitted.Decision.Limits.Wall, unended.Process is not null, isOfThisBoot ? null : "the machine was started again while it ran");
            RunningPayload payload = new(unended.Admitted, cell, unended.Time, unended.Process);
            if (isOfThisBoot && unended.Process is null)
                _ = FindStartAsync(payload, cell);
            await runner.ResumeAsync(payload, unended.Receipt).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever went wrong with one payload, the others are seen to.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RunFailed(log, e, id);
        }
        finally
        {
            counts.Leave(uid);
        }
    }

    // The earlier run went between the order to start and its record: whoever waits is told when it is known that it runs.
    private async Task FindStartAsync(RunningPayload payload, WardenCell cell)
    {
        try
        {
            if (await cell.FindStartAsync().ConfigureAwait(false) is StartResult.Started { Process: ProcessId process })
                payload.MarkStarted(process);
        }
        catch (Exception e) when (e is SetupException or WireException)
        {
            Log.WardenStrange(log, e.Message); // its ending tells the rest
        }
    }

    // It was never admitted, or its ending is on record and the lease was about to end: a room of it, if one is still there, goes first.
    private async Task GiveBackAsync(Lease lease, Residue? onRecord)
    {
        try
        {
            WardenCellCalls calls = CallsOf(lease.Payload);
            Residue residue = await calls.DestroyAsync(Grace).ConfigureAwait(false);
            CrashPoint.Reach("isolationd: recovery: room of a lease removed");
            await calls.ForgetAsync().ConfigureAwait(false);
            await leases.ReleaseAsync(lease, residue.IsDirty ? residue : onRecord ?? residue).ConfigureAwait(false);
            CrashPoint.Reach("isolationd: recovery: lease given back");
        }
#pragma warning disable CA1031 // The lease stays, and with it the account out of use: that is safe.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RunFailed(log, e, lease.Payload);
        }
    }

    // Cells whose ending is on record, and whose removal was about to be asked for: a payload of this run's is among the running ones for as long as it has one.
    private async Task RemoveStraysAsync()
    {
        try
        {
            bool more;
            do
            {
                using WardenReply reply = await warden.AskUntilAnsweredAsync(WardenOperation.List, static _ => { }).ConfigureAwait(false);
                ListedRooms listed = ListedRooms.Read(reply.Body());
                HashSet<PayloadId> open = [.. ledger.Unended.Select(receipt => receipt.Payload)];
                PayloadId[] strays = [.. listed.Rooms.Where(r => r.State is RoomState.Running or RoomState.Ended).Select(r => new PayloadId(r.Cell)).Where(id => running.Find(id) is null && !open.Contains(id))];
                foreach (PayloadId stray in strays)
                {
                    _ = await CallsOf(stray).DestroyAsync(Grace).ConfigureAwait(false);
                    await CallsOf(stray).ForgetAsync().ConfigureAwait(false);
                }

                more = strays.Length > 0 && listed.Total > listed.Rooms.Length;
            }
            while (more);
        }
        catch (Exception e) when (e is SetupException or WireException)
        {
            Log.WardenStrange(log, e.Message);
        }
    }

    private WardenCellCalls CallsOf(PayloadId payload) => new(warden, CellId.For(payload), log);
}
