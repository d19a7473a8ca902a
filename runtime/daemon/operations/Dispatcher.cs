using Isolation.Core;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>The operations by request.</summary>
internal sealed class Dispatcher(
    RunOperation run, ExplainOperation explain, DoctorOperation doctor, SignalOperation signal, WaitOperation wait, JoinOperation join, PayloadQueries payloads, ServiceQueries service, AccountClearing accounts, DrainOperation drain,
    ILedger ledger, TimeProvider clock, ILogger log) : IDispatcher
{
    public async ValueTask HandleAsync(ClientMessage request, Session session)
    {
        if (Rights.Of(session.Standing, request) == Right.None)
        {
            await session.Answers.WriteAsync(session.Standing == Standing.InsideACell ? Errors.InsideACell : Errors.OperatorsOnly).ConfigureAwait(false);
            return;
        }

        await CarryOutAsync(request, session).ConfigureAwait(false);
    }

    private ValueTask CarryOutAsync(ClientMessage request, Session session)
    {
#pragma warning disable CA2012 // Returned at once, from a switch.
        return request switch
        {
            RunRequest r => run.HandleAsync(r, session),
            ExplainRequest r => explain.HandleAsync(r, session),
            DoctorRequest r => doctor.HandleAsync(r, session),
            SignalRequest r => signal.HandleAsync(r, session),
            WaitRequest r => wait.HandleAsync(r, session),
            JoinRequest r => join.JoinAsync(r, session),
            TellRequest r => join.TellAsync(r, session),
            UsageRequest => join.UsageAsync(session),
            ListRequest r => payloads.ListAsync(r, session),
            ShowRequest r => payloads.ShowAsync(r, session),
            TraceRequest r => service.TraceAsync(r, session),
            StatusRequest => service.StatusAsync(session),
            ReloadPolicyRequest => service.ReloadAsync(session),
            ClearAccountRequest r => accounts.ClearAsync(r, session),
            DrainRequest r => drain.HandleAsync(r, session),
            CollectedRequest => throw new WireException("a collected that nobody asked for"),
            HelloRequest => throw new WireException("a second hello"),
            _ => throw new InvalidOperationException($"a request that nobody carries out: {request.GetType().Name}"),
        };
#pragma warning restore CA2012
    }

    public void CountInsideACell(Peer peer)
    {
        Log.PeerInsideCell(log, peer.Pilot.Uid.Value, peer.Pilot.Process.Value, PrintableText.Of(peer.Pilot.Cgroup));
        ledger.NotAdmitted(new NotAdmitted(PayloadId.New(clock), peer.Pilot, "inside-cell",
            new Ending.Refused("inside-cell", Errors.InsideACell.Message, Errors.InsideACell.Fix)));
    }
}
