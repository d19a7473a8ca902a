using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>signal</c>: from the owner, or from an operator, whose act is recorded first.</summary>
internal sealed class SignalOperation(RunningPayloads running, ILedger ledger)
{
    private const int MaxSignal = 64;

    public async ValueTask HandleAsync(SignalRequest request, Session session)
        => await session.Answers.WriteAsync(await AnswerAsync(request, session).ConfigureAwait(false)).ConfigureAwait(false);

    private async ValueTask<ServiceMessage> AnswerAsync(SignalRequest request, Session session)
    {
        if (request.Signal is < 1 or > MaxSignal)
            return Errors.BadRequest([new Fault($"there is no signal {request.Signal}", $"Signals have numbers from 1 to {MaxSignal} (signal(7)).")]);
        if (!PayloadId.TryParse(request.Id, out PayloadId id) || running.Find(id) is not { } payload || !session.MayTouch(payload, request.Handle))
            return Errors.NoSuchPayload;

        if (!payload.BelongsTo(session.Peer.Pilot, request.Handle))
        {
            uint uid = session.Peer.Pilot.Uid.Value;
            try
            {
                await ledger.EventAsync(new ServiceEvent("operator-signal", id, ImmutableSortedDictionary<string, string>.Empty
                    .Add("operator", uid.ToString(CultureInfo.InvariantCulture))
                    .Add("signal", request.Signal.ToString(CultureInfo.InvariantCulture)))).ConfigureAwait(false);
            }
            catch (LedgerException e)
            {
                return new ErrorAnswer(ErrorCodes.Failed, $"the signal cannot be recorded, so it is not sent: {e.Cause}", e.Fix);
            }

            payload.MarkSignalled(new Interference(request.Signal, $"operator uid {uid}"));
        }

        try
        {
            return await payload.Cell.SignalAsync(request.Signal, CancellationToken.None).ConfigureAwait(false) switch
            {
                SignalResult.Sent => new DoneAnswer($"signal {request.Signal} was sent"),
                SignalResult.WaitsForResume => new DoneAnswer($"the batch system has suspended the payload's job: signal {request.Signal} was sent, and acts when the job is resumed") { Suspended = true },
                _ => new ErrorAnswer(ErrorCodes.Failed, "there is nobody to signal: the payload has not started yet, or is over", "Look at it with: isolation show ID."),
            };
        }
        catch (SetupException e)
        {
            return new ErrorAnswer(ErrorCodes.Failed, $"the signal was not sent: {e.Cause}", "Look at: isolation status.");
        }
    }
}
