using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>
/// Runs one payload from request to reply. The steps, each of which is marked in the body:
/// <list type="number">
/// <item>decide: policy's answer, a pure function</item>
/// <item>lease: an account, durable; once it is the pilot's turn, which it holds until the entry, and never while it waits for a client</item>
/// <item>build the room; where the client lends a directory, it names it now</item>
/// <item>enter: the client gets its channel and its handle</item>
/// <item>resolve: the streams are there, the command is opened with the payload's rights and digested</item>
/// <item>one durable record, <c>admitted</c></item>
/// <item>start</item>
/// <item>ending: the main process is over, its leaf killed and proven empty by cell-init</item>
/// <item>collect: the client fetches its files, where it asked for any, is still there, and nothing of the payload runs</item>
/// <item>destroy: all that is left goes; the residue is told</item>
/// <item>durable <c>ended</c>; only then may the ticket go</item>
/// <item>release the lease</item>
/// <item>reply: the result returned here</item>
/// </list>
/// Two things stop a payload early, the client's going (unless it is detached) and the deadline; both are seen to in the cell, and neither
/// cancels the wait for the real ending.
/// </summary>
public sealed class PayloadRunner(
    Func<IPolicy> policy, ILeases leases, IsolatorCatalog isolators, ILedger ledger, RunningPayloads running, FairTurns turns, TimeProvider clock)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Runs the payload. Never throws for what a client, a host or a policy can bring about: that is in the result.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="client">Who is told.</param>
    /// <param name="clientGone">Fires when the client is gone; ends what waits before the payload's start.</param>
    public async Task<PayloadResult> RunAsync(PayloadRequest request, IClient client, CancellationToken clientGone)
    {
        IPolicy snapshot = policy();

        CrashPoint.Reach("isolationd: asked");
        // 1 decide
        Decision decision = snapshot.Decide(request, isolators.Readiness);
        if (decision is not Decision.Admit admit)
            return NotAdmitted(request, decision);

        CrashPoint.Reach("isolationd: decided");
        // 2 lease, when it is the pilot's turn
        TurnResult taken = await turns.TakeAsync(request.Pilot, clientGone).ConfigureAwait(false);
        if (taken is not TurnResult.Taken { Turn: Turn turn })
            return NotAdmitted(request, taken);
        using Turn held = turn;
        CrashPoint.Reach("isolationd: turn taken");
        ILeases lender = LenderOf(admit, request.Pilot);
        LeaseResult borrowed = await lender.TakeAsync(request.Id, admit).ConfigureAwait(false);
        if (borrowed is not LeaseResult.Lent { Lease: Lease lease })
        {
            var exhausted = (LeaseResult.Exhausted)borrowed;
            return NotAdmitted(request, "accounts", new Ending.Unavailable(exhausted.Cause, exhausted.Fix, snapshot.PilotMayRun("accounts-exhausted")));
        }

        CrashPoint.Reach("isolationd: leased");
        Residue residue = Residue.None;
        try
        {
            // 3 build
            IRoom room = await isolators[admit.Level]
                .BuildAsync(new RoomPlan(CellId.For(request.Id), new RoomKey(admit.Level, admit.RoomKind), client.Process) { Account = lease.Account.Uid, Image = admit.Image }, clientGone).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable detachRoom = room.ConfigureAwait(false);
            CrashPoint.Reach("isolationd: room built");
            LoanResult? lending = admit.Lends ? await LendAsync(room, client, request.Id, turn, clientGone).ConfigureAwait(false) : null;
            if (lending is LoanResult.Refused refused)
                return NotAdmitted(request, "lend", new Ending.Refused("lend", refused.Why, refused.Fix));

            // 4 enter
            var entry = new Entry(request.Id, lease.Account, admit.Limits, admit.Placement, client.Command, client.Process)
            {
                WithExchange = request.Exchange.IsAsked,
                IsDetached = request.IsDetached,
            };
            EnterResult placed = await room.EnterAsync(entry, clientGone).ConfigureAwait(false);
            CrashPoint.Reach("isolationd: entered");
            turn.GiveBack();
            if (placed is EnterResult.NoImage image)
                return NotAdmitted(request, "image", new Ending.Refused("image", image.Cause, image.Fix));
            if (placed is not EnterResult.Entered { Cell: ICell cell })
                return NotPlaced(request, (EnterResult.NotPlaced)placed, snapshot);
            await using ConfiguredAsyncDisposable detachCell = cell.ConfigureAwait(false);
            residue = Residue.OfAll(new Finding.Found("the service failed before the cell was destroyed")); // until the cell says otherwise
            var given = new RunningPayload(request, admit, lease, Handle.New(), cell, clock.GetUtcNow()) { Loan = (lending as LoanResult.Lent)?.Loan };
            (PayloadResult result, residue) = await RunInCellAsync(given, entry, client, snapshot, clientGone).ConfigureAwait(false);
            return result;
        }
        catch (SetupException e)
        {
            return NotAdmitted(request, $"setup: {e.Step}", new Ending.SetupFailed(e.Step, e.Cause, e.Undo));
        }
        catch (OperationCanceledException) when (clientGone.IsCancellationRequested)
        {
            return NotAdmitted(request, "abandoned", new Ending.Abandoned());
        }
        finally
        {
            // 12 release
            await lender.ReleaseAsync(lease, residue).ConfigureAwait(false);
            CrashPoint.Reach("isolationd: released");
        }
    }

    /// <summary>Part of step 3. Nobody has entered: where it comes to nothing, the room goes at once. While the client names the directory others have the turn.</summary>
    private static async Task<LoanResult> LendAsync(IRoom room, IClient client, PayloadId payload, Turn turn, CancellationToken clientGone)
    {
        LoanResult? result = null;
        try
        {
            if (room is not ILendingRoom lending)
                throw new SetupException("lend", $"a room of the kind {room.Plan.Key.Kind} shows no directory of a pilot's");
            using (SafeHandle socket = await lending.LendAsync(client.Process, clientGone).ConfigureAwait(false))
            {
                turn.GiveBack();
                await client.LendAsync(payload, socket).ConfigureAwait(false);
                CrashPoint.Reach("isolationd: client told to lend");
            }

            LoanResult told = await lending.LentAsync(clientGone).ConfigureAwait(false);
            CrashPoint.Reach("isolationd: directory lent");
            if (told is LoanResult.Lent)
                await turn.TakeAgainAsync(clientGone).ConfigureAwait(false);
            return result = told;
        }
        finally
        {
            if (result is not LoanResult.Lent)
                await room.DestroyAsync(Grace).ConfigureAwait(false);
        }
    }

    private async Task<(PayloadResult Result, Residue Residue)> RunInCellAsync(
        RunningPayload payload, Entry entry, IClient client, IPolicy snapshot, CancellationToken clientGone)
    {
        using IDisposable membership = running.Add(payload);
        try
        {
            (PayloadResult result, Residue residue) = await RunToEndAsync(payload, entry, client, snapshot, clientGone).ConfigureAwait(false);
            payload.MarkOver(result);
            return (result, residue);
        }
        catch (Exception)
        {
            await DestroyAsync(payload.Cell).ConfigureAwait(false); // a bug of ours: the cell must not outlive it
            payload.MarkOver(Failed(payload)); // nobody else may wait for ever
            throw;
        }
    }

    private async Task<(PayloadResult Result, Residue Residue)> RunToEndAsync(
        RunningPayload payload, Entry entry, IClient client, IPolicy snapshot, CancellationToken clientGone)
    {
        PayloadRequest request = payload.Request;
        ICell cell = payload.Cell;
        (Ending? early, string cause, LedgerReceipt? receipt) = await AdmitAsync(payload, entry, client, snapshot, clientGone).ConfigureAwait(false);
        if (receipt is null)
        {
            Residue unused = await DestroyAsync(cell).ConfigureAwait(false);
            await ForgetAsync(cell).ConfigureAwait(false);
            return (NotAdmitted(request, cause, early!), unused);
        }

        CrashPoint.Reach("isolationd: admitted");
        // 7 start
        EndingReport report = await StartAsync(payload, entry, receipt, client).ConfigureAwait(false) is { } failed
            ? new EndingReport(failed, payload.Decision.Level == Level.LogOnly ? "warden" : "cell-init", new Finding.NotProvable("never started"), ResourceUsage.NotMeasured("never started"))
            : await cell.Ending.ConfigureAwait(false); // 8 ending

        CrashPoint.Reach("isolationd: ending seen");
        // 9 collect
        Collection? collection = request.Exchange.Out.IsEmpty ? null : await CollectAsync(payload, report, client, clientGone).ConfigureAwait(false);

        return await FinishAsync(payload, receipt, report, collection).ConfigureAwait(false);
    }

    /// <summary>
    /// A payload that an earlier run of the service admitted, from step 8 on: its client, if it still waits, asks again and is told.
    /// </summary>
    /// <param name="payload">It, as its record describes it.</param>
    /// <param name="receipt">The receipt of that record.</param>
    public async Task ResumeAsync(RunningPayload payload, LedgerReceipt receipt)
    {
        ILeases lender = LenderOf(payload.Decision, payload.Request.Pilot);
        Residue residue = Residue.OfAll(new Finding.Found("the service failed before the cell was destroyed")); // until the cell says otherwise
        using IDisposable membership = running.Add(payload);
        try
        {
            // 8 ending
            EndingReport report = await payload.Cell.Ending.ConfigureAwait(false);
            CrashPoint.Reach("isolationd: recovery: ending seen");

            // 9 collect
            Collection? collection = payload.Request.Exchange.Out.IsEmpty ? null : new Collection.Skipped("the service was started again while the payload ran");

            (PayloadResult result, residue) = await FinishAsync(payload, receipt, report, collection).ConfigureAwait(false);
            payload.MarkOver(result);
        }
        catch (Exception)
        {
            payload.MarkOver(Failed(payload));
            throw;
        }
        finally
        {
            // 12 release
            await lender.ReleaseAsync(payload.Lease, residue).ConfigureAwait(false);
        }
    }

    private ILeases LenderOf(Decision.Admit decision, Pilot pilot) => decision.Level == Level.LogOnly ? new PilotsOwnAccount(pilot) : leases;

    private static PayloadResult Failed(RunningPayload payload)
        => new(payload.Request.Id, new Ending.Lost("an error of the service itself; its log says more"), Usage: null, Residue: null);

    /// <summary>Steps 10, 11 and 13.</summary>
    private async Task<(PayloadResult Result, Residue Residue)> FinishAsync(RunningPayload payload, LedgerReceipt receipt, EndingReport report, Collection? collection)
    {
        PayloadRequest request = payload.Request;
        ICell cell = payload.Cell;

        CrashPoint.Reach("isolationd: collected");
        // 10 destroy
        Residue residue = await DestroyAsync(cell).ConfigureAwait(false);
        CrashPoint.Reach("isolationd: destroyed");
        Ending ending = report.Ending is Ending.Signaled { Signal: int signal } && payload.Interference is { } sent && sent.Signal == signal
            ? new Ending.KilledFromOutside($"signal {signal}, sent by {sent.Who}")
            : report.Ending;

        // 11 ended
        try
        {
            await ledger.EndAsync(receipt, new EndedRecord(request.Id, request.Pilot.Uid, ending, report.Observer, report.Usage, residue)
            {
                OutOfMemory = report.OutOfMemory,
                Collection = collection,
            }).ConfigureAwait(false);
            CrashPoint.Reach("isolationd: ended");
            _ = ForgetAsync(cell); // nobody waits for the ticket's going
        }
        catch (LedgerException e)
        {
            ending = new Ending.Lost($"ended as {ending}, but the record of it is not durable: {e.Cause}");
        }

        CrashPoint.Reach("isolationd: forget asked");
        // 13 reply
        return (new PayloadResult(request.Id, ending, report.Usage, residue) { OutOfMemory = report.OutOfMemory, Collection = collection }, residue);
    }

    /// <summary>Step 9. Nobody waits for a client that is gone, and nothing is fetched from under a payload that may still write.</summary>
    private static async Task<Collection> CollectAsync(RunningPayload payload, EndingReport report, IClient client, CancellationToken clientGone)
    {
        if (payload.Process is null)
            return new Collection.Skipped(report.Ending is Ending.Lost ? "nobody knows whether the payload started" : "the payload never started");
        if (payload.Decision.Level == Level.LogOnly)
            return new Collection.Skipped("at log-only there is no scratch");
        if (report.Ending is Ending.Abandoned || clientGone.IsCancellationRequested)
            return new Collection.Skipped("the client was gone");
        if (report.Emptiness is not Finding.ProvenEmpty)
            return new Collection.Skipped("processes of the payload may still be there");
        try
        {
            await payload.Cell.BeginCollectionAsync(clientGone).ConfigureAwait(false);
            CrashPoint.Reach("isolationd: collection begun");
            return await client.CollectAsync(payload.Request.Id, payload.Request.Exchange, clientGone).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (clientGone.IsCancellationRequested)
        {
            return new Collection.Skipped("the client was gone");
        }
        catch (SetupException e)
        {
            return new Collection.Skipped(e.Message);
        }
    }

    /// <summary>Step 10. A cell that cannot be destroyed keeps its account out of use.</summary>
    private static async Task<Residue> DestroyAsync(ICell cell)
    {
        try
        {
            return (await cell.DestroyAsync(Grace).ConfigureAwait(false)).Residue;
        }
        catch (SetupException e)
        {
            return Residue.OfAll(new Finding.Found($"the cell could not be destroyed: {e.Message}"));
        }
    }

    private static async Task ForgetAsync(ICell cell)
    {
        try
        {
            await cell.ForgetAsync().ConfigureAwait(false);
        }
        catch (SetupException)
        {
            // The ticket stays. Its payload has its durable ending, so it is never given a second.
        }
    }

    /// <summary>Steps 4 to 6. A receipt, or the ending and the cause it is counted under.</summary>
    private async Task<(Ending? Early, string Cause, LedgerReceipt? Receipt)> AdmitAsync(
        RunningPayload payload, Entry entry, IClient client, IPolicy snapshot, CancellationToken clientGone)
    {
        PayloadRequest request = payload.Request;
        try
        {
            using (SafePilotEnd? channel = payload.Cell.TakePilotEnd())
            using (ExchangeEnd? exchange = payload.Cell.TakeExchangeEnd())
                await client.EnteredAsync(request.Id, payload.Handle!.Value, channel, exchange).ConfigureAwait(false);

            CrashPoint.Reach("isolationd: client told of the entry");
            // 5 resolve
            switch (await payload.Cell.ResolveAsync(clientGone).ConfigureAwait(false))
            {
                case Resolution.Resolved { Command: ResolvedCommand command }:
                    CrashPoint.Reach("isolationd: resolved");
                    // 6 admitted
                    return (null, "", await ledger.AdmitAsync(new AdmittedRecord(
                        request.Id, request.Pilot, payload.Decision, payload.Lease, payload.Cell.Site, payload.HandleDigest,
                        request.Command, command, request.WorkingDirectory, request.Tags)
                    {
                        Would = await WouldAsync(payload).ConfigureAwait(false),
                        Exchange = request.Exchange,
                        IsDetached = request.IsDetached,
                        Loan = payload.Loan,
                        LendsCredentials = payload.Loan is not null && request.LendsCredentials,
                    }).ConfigureAwait(false));
                case Resolution.NotUsable unusable:
                    return (new Ending.Refused(unusable.What, unusable.Why, unusable.Fix), unusable.What, null);
                case Resolution.StreamRefused stream:
                    return (new Ending.Refused("streams", $"stream {stream.Stream} is {stream.Kind}",
                        "Pass a regular file, a pipe, a terminal, a socket or /dev/null."), "streams", null);
                case Resolution.TimedOut late:
                    return (new Ending.SetupFailed("resolve", $"{late.Step} did not come in time", null), "setup: resolve", null);
                case Resolution.ClientGone:
                    return (new Ending.Abandoned(), "abandoned", null);
                default:
                    throw new InvalidOperationException("a resolution without an answer");
            }
        }
        catch (OperationCanceledException) when (clientGone.IsCancellationRequested)
        {
            return (new Ending.Abandoned(), "abandoned", null);
        }
        catch (SetupException e)
        {
            return (new Ending.SetupFailed(e.Step, e.Cause, e.Undo), $"setup: {e.Step}", null);
        }
        catch (LedgerException e)
        {
            return (new Ending.Unavailable(e.Cause, e.Fix, snapshot.PilotMayRun("ledger-unavailable")), "ledger", null);
        }
    }

    private async ValueTask<WouldHave?> WouldAsync(RunningPayload payload) => payload.Decision.Would switch
    {
        null => null,
        Decision.Admit admit => WouldHave.Of(admit, await leases.PreviewAsync(payload.Request.Id, admit).ConfigureAwait(false), payload.Cell.Site.Placement),
        { } none => WouldHave.Of(none, null, payload.Cell.Site.Placement),
    };

    /// <summary>Step 7. Null when the payload runs, or may have; the ending when it never did.</summary>
    private async Task<Ending?> StartAsync(RunningPayload payload, Entry entry, LedgerReceipt receipt, IClient client)
    {
        try
        {
            // Not cancelled by the client's going: cell-init sees that itself, and an admitted payload has one ending.
            switch (await payload.Cell.StartAsync(Admission.Mint(entry, receipt), CancellationToken.None).ConfigureAwait(false))
            {
                case StartResult.Started { Process: ProcessId process }:
                    CrashPoint.Reach("isolationd: started");
                    payload.MarkStarted(process);
                    ledger.Started(payload.Request.Id, process);
                    await client.StartedAsync(payload, process).ConfigureAwait(false);
                    CrashPoint.Reach("isolationd: client told of the start");
                    return null;
                case StartResult.Unseen:
                    return null;
                case StartResult.ClientGone:
                    return new Ending.Abandoned();
                case StartResult.NotStarted { Step: "exec" } exec:
                    return new Ending.Refused("command", $"exec failed: errno {exec.Errno}", "Name a program (or a script's interpreter) that the payload account can execute.");
                case StartResult.NotStarted step:
                    return new Ending.SetupFailed(step.Step, $"the child failed at this step: errno {step.Errno}", null);
                default:
                    throw new InvalidOperationException("a start without an answer");
            }
        }
        catch (SetupException e)
        {
            return new Ending.SetupFailed(e.Step, e.Cause, e.Undo);
        }
    }

    private PayloadResult NotPlaced(PayloadRequest request, EnterResult.NotPlaced none, IPolicy snapshot)
    {
        string cause = none.Obstacle == PlaceObstacle.Limit ? "limit-not-ready" : "placement-not-ready";
        return NotAdmitted(request, cause, new Ending.Unavailable(none.Cause, none.Fix, snapshot.PilotMayRun(cause)));
    }

    private PayloadResult NotAdmitted(PayloadRequest request, Decision decision) => decision switch
    {
        Decision.Refuse refuse => NotAdmitted(request, refuse.Rule, new Ending.Refused(refuse.Rule, refuse.Why, refuse.Fix)),
        Decision.Unavailable none => NotAdmitted(request, "unavailable", new Ending.Unavailable(none.Cause, none.Fix, none.PilotMayRun)),
        _ => throw new InvalidOperationException("an admitted request was turned away"),
    };

    private PayloadResult NotAdmitted(PayloadRequest request, TurnResult none) => none switch
    {
        TurnResult.Full full => NotAdmitted(request, "queue-full", new Ending.Busy(full.Cause, full.RetryAfter)),
        TurnResult.Left => NotAdmitted(request, "abandoned", new Ending.Abandoned()),
        _ => throw new InvalidOperationException("a turn that was taken was turned away"),
    };

    private PayloadResult NotAdmitted(PayloadRequest request, string cause, Ending ending)
    {
        ledger.NotAdmitted(new NotAdmitted(request.Id, request.Pilot, cause, ending));
        return new PayloadResult(request.Id, ending, Usage: null, Residue: null);
    }
}
