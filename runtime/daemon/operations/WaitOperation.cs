using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>wait</c>: whoever has a payload's handle is told its ending, also of one that an earlier run of the service admitted.</summary>
internal sealed class WaitOperation(RunningPayloads running)
{
    public async ValueTask HandleAsync(WaitRequest request, Session session)
    {
        if (!PayloadId.TryParse(request.Id, out PayloadId id) || await FindAsync(id, request.Handle, session).ConfigureAwait(false) is not PayloadResult result)
        {
            await session.Answers.WriteAsync(Errors.NoSuchPayload).ConfigureAwait(false);
            return;
        }

        await session.Answers.WriteAsync(PayloadAnswers.Of(result)).ConfigureAwait(false);
    }

    private async ValueTask<PayloadResult?> FindAsync(PayloadId id, string? handle, Session session)
    {
        if (running.Find(id) is { } payload)
        {
            if (!session.MayTouch(payload, handle))
                return null;
            session.Frames.Rest();
            if (payload.Process is not null)
                await session.Answers.WriteAsync(new StartedAnswer(PayloadAnswers.Of(payload, withHandle: false))).ConfigureAwait(false);
            return await payload.Over.ConfigureAwait(false);
        }

        return running.FindOver(id) is { } over && (session.Standing == Standing.Operator || over.BelongsTo(session.Peer.Pilot, handle)) ? over.Result : null;
    }
}
