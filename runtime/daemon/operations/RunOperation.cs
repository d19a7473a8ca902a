using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Policy;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary><c>run</c>: parses the request, and lets the pipeline run it.</summary>
internal sealed class RunOperation(
    PayloadRunner runner, ILedger ledger, PayloadCounts counts, ISitePolicy policy, Drain drain, EventWatch watch, TimeProvider clock, ILogger log)
{
    // Room comes when a payload of its own ends, and nobody knows when.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    public async ValueTask HandleAsync(RunRequest wire, Session session)
    {
        PayloadId id = PayloadId.New(clock);
        ParsedRun? parsed = RunParser.Parse(wire, id, session.Peer.Pilot, session.Peer.ReadSoftStackLimit(), out ImmutableArray<Fault> faults);
        if (parsed is null)
        {
            ErrorAnswer answer = Errors.BadRequest(faults);
            ledger.NotAdmitted(new NotAdmitted(id, session.Peer.Pilot, ErrorCodes.BadRequest, new Ending.Refused(ErrorCodes.BadRequest, answer.Message, answer.Fix)));
            await session.Answers.WriteAsync(answer).ConfigureAwait(false);
            return;
        }

        if (drain.TryBegin() is not IDisposable begun)
        {
            await session.Answers.WriteAsync(PayloadAnswers.Of(Drained(parsed, session))).ConfigureAwait(false);
            return;
        }

        session.Frames.Rest();
        // Of a detached payload that has started the connection knows no more: it is the client's for other requests, or to close.
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<PayloadResult> run = CountedAsync(parsed, session, started);
        if (await Task.WhenAny(run, started.Task).ConfigureAwait(false) != run)
        {
            _ = run.ContinueWith(_ => begun.Dispose(), TaskScheduler.Default);
            return;
        }

        using (begun) // up to the answer
            await session.Answers.WriteAsync(PayloadAnswers.Of(await run.ConfigureAwait(false))).ConfigureAwait(false);
        CrashPoint.Reach("isolationd: replied");
    }

    private async Task<PayloadResult> CountedAsync(ParsedRun parsed, Session session, TaskCompletionSource started)
    {
        UserId uid = session.Peer.Pilot.Uid;
        if (!counts.TryEnter(uid, out int most))
            return Busy(parsed, session, "max-payloads", $"uid {uid} has {most} payloads, as many as it may have (max-payloads of its class in the policy)");
        try
        {
            if (!session.Share.TryTakeCommand(parsed.CommandBlock.Length, out long mostBytes))
                return Busy(parsed, session, "command-bytes", $"arguments and environments of uid {uid}'s payloads would fill more than {mostBytes >> 20} MiB, with the {parsed.CommandBlock.Length} bytes of this one");
            try
            {
                return await RunAsync(parsed, session, started).ConfigureAwait(false);
            }
            finally
            {
                session.Share.GiveCommand(parsed.CommandBlock.Length);
            }
        }
        finally
        {
            counts.Leave(uid);
        }
    }

    private PayloadResult Drained(ParsedRun parsed, Session session)
    {
        Ending unavailable = new Ending.Unavailable(
            "the service of this node is drained: it takes no new payloads", "Ask again when it was started again, or ask another node.", policy.Current.PilotMayRun(ErrorCauses.ServiceUnavailable));
        ledger.NotAdmitted(new NotAdmitted(parsed.Request.Id, session.Peer.Pilot, "draining", unavailable));
        return new PayloadResult(parsed.Request.Id, unavailable, null, null);
    }

    private PayloadResult Busy(ParsedRun parsed, Session session, string cause, string why)
    {
        Ending busy = new Ending.Busy(why, RetryAfter);
        ledger.NotAdmitted(new NotAdmitted(parsed.Request.Id, session.Peer.Pilot, cause, busy));
        return new PayloadResult(parsed.Request.Id, busy, null, null);
    }

    private async Task<PayloadResult> RunAsync(ParsedRun parsed, Session session, TaskCompletionSource started)
    {
        // Not disposed: it holds no timer, and the watch may still be about to cancel it.
        CancellationTokenSource gone = new();
        try
        {
            using Descriptor block = SealedMemory.Create("isolation-command"u8, parsed.CommandBlock);
            using IDisposable hangUp = watch.Watch(session.Socket, PollEvents.None, () => _ = gone.CancelAsync());
            using IDisposable over = watch.Watch(session.Peer.Process, PollEvents.In, () => _ = gone.CancelAsync());
            var client = new PayloadClient(session, block, hangUp, gone, clock, parsed.Request.IsDetached ? LetGo : null);
            return await runner.RunAsync(parsed.Request, client, gone.Token).ConfigureAwait(false);

            void LetGo()
            {
                hangUp.Dispose();
                over.Dispose();
                block.Dispose();
                started.TrySetResult();
            }
        }
#pragma warning disable CA1031 // Whatever went wrong in one run, the service goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RunFailed(log, e, parsed.Request.Id);
            return new PayloadResult(parsed.Request.Id, new Ending.SetupFailed("isolationd", $"an error of the service itself: {PrintableText.Of(e.Message)}", null), null, null);
        }
    }
}
