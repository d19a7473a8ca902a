using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>
/// <c>join</c>, and what follows it on the same connection: <c>tell</c> and <c>usage</c>. The connection is the child's by the kernel's word (SO_PEERPIDFD
/// is who called connect); that it is a child of the client's is for the warden to see.
/// </summary>
internal sealed class JoinOperation(RunningPayloads running)
{
    private const int MostSignal = 64;
    private static readonly ErrorAnswer NotJoined = new(ErrorCodes.NotAllowed, "this connection has joined no payload", "Send join on it first, and wait for go.");

    public async ValueTask JoinAsync(JoinRequest request, Session session)
    {
        if (session.Joined is not null || !PayloadId.TryParse(request.Id, out PayloadId id) || running.Find(id) is not { } payload
            || !payload.BelongsTo(session.Peer.Pilot, request.Handle) || (payload.Cell as WardenCell)?.Forked is not { } forked)
        {
            await session.Answers.WriteAsync(Errors.NoSuchPayload).ConfigureAwait(false);
            return;
        }

        try
        {
            await forked.JoinAsync(session.Peer.Process, payload.Request.Command[0]).ConfigureAwait(false);
        }
        catch (SetupException e)
        {
            await session.Answers.WriteAsync(new ErrorAnswer(ErrorCodes.NotAllowed, e.Message, "Let the client's own child connect, and once.")).ConfigureAwait(false);
            return;
        }

        session.Joined = forked;
        await session.Answers.WriteAsync(await forked.MayGo.ConfigureAwait(false)
            ? new GoAnswer()
            : new ErrorAnswer(ErrorCodes.Failed, "the payload is not started", "The client is told why.")).ConfigureAwait(false);
    }

    public async ValueTask TellAsync(TellRequest request, Session session)
    {
        (EndedHow How, int Value)? told = request switch
        {
            { Code: >= 0 and <= 255 and int code, Signal: null, Errno: null } => (EndedHow.Exited, code),
            { Code: null, Signal: > 0 and <= MostSignal and int signal, Errno: null } => (EndedHow.Signaled, signal),
            { Code: null, Signal: null, Errno: > 0 and <= 4095 and int errno } => (EndedHow.NeverStarted, errno),
            _ => null,
        };
        await session.Answers.WriteAsync(session.Joined is not { } forked ? NotJoined
            : told is not (EndedHow how, int value)
            ? Errors.BadRequest([new Fault("tell has one of code (0 to 255), signal (1 to 64) and errno", "Say how the child ended, once.")])
            : await CarryOutAsync(async () =>
            {
                await forked.TellAsync(how, value).ConfigureAwait(false);
                return new DoneAnswer();
            }).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async ValueTask UsageAsync(Session session)
        => await session.Answers.WriteAsync(session.Joined is not { } forked ? NotJoined : await CarryOutAsync(
            async () => new UsageAnswer(PayloadAnswers.Of(await forked.UsageAsync().ConfigureAwait(false)))).ConfigureAwait(false)).ConfigureAwait(false);

    private static async Task<ServiceMessage> CarryOutAsync(Func<Task<ServiceMessage>> act)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (SetupException e)
        {
            return new ErrorAnswer(ErrorCodes.Failed, e.Cause, "It may be over: wait for the client's ended.");
        }
    }
}
