using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>wait</c>: whoever has a payload's handle is told its ending, also of one that an earlier run of the service admitted.</summary>
internal sealed class WaitOperation(RunningPayloads running, Drain drain, EventWatch watch)
{
    private static readonly ErrorAnswer Forgotten = new(ErrorCodes.Failed, "nothing is known of that payload any more", "An operator can look at: isolation trace --payload ID.");

    public async ValueTask HandleAsync(WaitRequest request, Session session)
    {
        if (!PayloadId.TryParse(request.Id, out PayloadId id))
        {
            await session.Answers.WriteAsync(Errors.NoSuchPayload).ConfigureAwait(false);
            return;
        }

        using IDisposable begun = drain.Begin(); // up to the answer
        ServiceMessage answer = await FindAsync(id, request.Handle, session).ConfigureAwait(false) is PayloadResult result ? PayloadAnswers.Of(result)
            : running.MayBeForgotten(id) ? Forgotten
            : Errors.NoSuchPayload;
        await session.Answers.WriteAsync(answer).ConfigureAwait(false);
    }

    private async ValueTask<PayloadResult?> FindAsync(PayloadId id, string? handle, Session session)
    {
        if (running.Find(id) is not { } payload)
            return running.FindOver(id) is { } over && session.MayKnow(over, handle) ? over.Result : null;
        if (!session.MayTouch(payload, handle))
            return null;
        session.Frames.Rest();
        await WhileThereAsync(session, Task.WhenAny(payload.Started, payload.Over)).ConfigureAwait(false);
        if (payload.Process is not null)
            await session.Answers.WriteAsync(new StartedAnswer(PayloadAnswers.Of(payload, withHandle: false))).ConfigureAwait(false);
        await WhileThereAsync(session, payload.Over).ConfigureAwait(false);
        return await payload.Over.ConfigureAwait(false);
    }

    private async Task WhileThereAsync(Session session, Task awaited)
    {
        if (awaited.IsCompleted)
            return;
        // Not disposed: it holds no timer, and the watch may still be about to cancel it.
        CancellationTokenSource gone = new();
        using IDisposable hangUp = watch.Watch(session.Socket, PollEvents.None, () => _ = gone.CancelAsync());
        using IDisposable ends = watch.Watch(session.Peer.Process, PollEvents.In, () => _ = gone.CancelAsync());
        try
        {
            await awaited.WaitAsync(gone.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new IOException("whoever waited is gone", e);
        }
    }
}
