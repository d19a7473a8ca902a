using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>drain</c>: the service takes no new payloads, and ends when those that it has are over. Whoever asked is told; if they go, it is drained all the same.</summary>
internal sealed class DrainOperation(Drain drain, RunningPayloads running, FairTurns turns)
{
    private static readonly long Longest = (long)TimeSpan.FromDays(49).TotalMilliseconds; // a timer's

    public async ValueTask HandleAsync(DrainRequest request, Session session)
    {
        if (request.WithinMilliseconds is long wrong && (wrong < 0 || wrong > Longest))
        {
            await session.Answers.WriteAsync(Errors.BadRequest([new Fault($"withinMilliseconds is {wrong}", $"Name 0 to {Longest}, or leave it out to wait for every payload.")])).ConfigureAwait(false);
            return;
        }

        session.Frames.Rest();
        Task<(int Left, IDisposable Telling)> end = drain.WaitAsync();
        DrainingAnswer now = new(running.All.Count, turns.Waiting);
        await drain.StartAsync($"operator uid {session.Peer.Pilot.Uid}", request.WithinMilliseconds is long within ? TimeSpan.FromMilliseconds(within) : null).ConfigureAwait(false);
        await session.Answers.WriteAsync(now).ConfigureAwait(false);
        (int left, IDisposable telling) = await end.ConfigureAwait(false);
        using (telling)
        {
            await session.Answers.WriteAsync(left == 0
                ? new DoneAnswer("nothing runs any more: the service ends")
                : new ErrorAnswer(ErrorCodes.Failed, $"the service ends at its deadline, and {left} payloads or requests of it are not over", "What runs, runs on: start the service again, and it sees to them.")).ConfigureAwait(false);
        }
    }
}
