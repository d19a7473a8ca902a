using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>trace</c>, <c>status</c> and <c>reload-policy</c>.</summary>
internal sealed class ServiceQueries(
    ISitePolicy policy, PolicyReload reload, IServiceState state, IsolatorCatalog isolators, RunningPayloads running, FairTurns turns, Drain drain)
{
    public async ValueTask TraceAsync(TraceRequest request, Session session)
    {
        PayloadId? payload = null;
        if (request.Payload is not null)
        {
            if (!PayloadId.TryParse(request.Payload, out PayloadId id))
            {
                await session.Answers.WriteAsync(Errors.BadRequest([new Fault("the payload's id is no UUID", "Copy it from the status channel or from isolation ps.")])).ConfigureAwait(false);
                return;
            }

            payload = id;
        }

        try
        {
            await foreach (System.Text.Json.JsonElement record in state.ReadRecordsAsync(payload, request.Uid).ConfigureAwait(false))
                await session.Answers.WriteAsync(new RecordAnswer(record)).ConfigureAwait(false);
            await session.Answers.WriteAsync(new DoneAnswer()).ConfigureAwait(false);
        }
        catch (LedgerException e)
        {
            await session.Answers.WriteAsync(new ErrorAnswer(ErrorCodes.Failed, e.Cause, e.Fix)).ConfigureAwait(false);
        }
    }

    public async ValueTask StatusAsync(Session session)
    {
        (int lent, int quarantined) = state.Accounts;
        IReadOnlyCollection<RunningPayload> payloads = running.All;
        await session.Answers.WriteAsync(new StatusAnswer
        {
            Service = ProductInfo.Service,
            Draining = drain.IsDraining ? true : null,
            Site = policy.Site,
            PolicyEpoch = policy.Epoch,
            Levels = [.. isolators.Readiness.OrderBy(l => l.Key).Select(l => Of(l.Key, l.Value))],
            Warden = state.Warden,
            Ledger = state.Ledger,
            Running = payloads.Count,
            Waiting = turns.Waiting,
            Positions = payloads.GroupBy(p => p.Cell.Site.Placement.Position).OrderBy(p => p.Key).ToDictionary(p => p.Key.Name(), p => p.Count()),
            WarmRooms = await state.StockAsync().ConfigureAwait(false),
            Lent = lent,
            Quarantined = quarantined,
        }).ConfigureAwait(false);
    }

    public async ValueTask ReloadAsync(Session session)
    {
        IReadOnlyList<string> faults = await reload.RunAsync($"operator uid {session.Peer.Pilot.Uid}").ConfigureAwait(false);
        await session.Answers.WriteAsync(faults.Count == 0
            ? new DoneAnswer($"the policy {policy.Epoch} of site {policy.Site} is in force")
            : new ErrorAnswer(ErrorCodes.Failed, $"the policy file was refused, the last good one stays in force: {string.Join(" ", faults)}",
                "Mend the file, then reload again; isolation policy check FILE lists the same faults.")).ConfigureAwait(false);
    }

    /// <summary>The readiness of one level.</summary>
    public static WireReadiness Of(Level level, Readiness readiness) => readiness switch
    {
        Readiness.Ready ready => new WireReadiness(level.Name(), true, ready.RoomKinds, null, null),
        Readiness.NotReady not => new WireReadiness(level.Name(), false, [], not.Cause, not.Fix),
        _ => throw new InvalidOperationException("a readiness without an answer"),
    };
}
