using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary><c>run</c>: parses the request, and lets the pipeline run it.</summary>
internal sealed class RunOperation(PayloadRunner runner, ILedger ledger, PayloadCounts counts, EventWatch watch, TimeProvider clock, ILogger log)
{
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

        session.Frames.Rest();
        PayloadResult result = await CountedAsync(parsed, session).ConfigureAwait(false);
        await session.Answers.WriteAsync(new EndedAnswer(
            id.ToString(), PayloadAnswers.Of(result.Ending), result.Usage is { } usage ? PayloadAnswers.Of(usage) : null)
        {
            OutOfMemory = PayloadAnswers.Of(result.OutOfMemory),
        }).ConfigureAwait(false);
    }

    private async Task<PayloadResult> CountedAsync(ParsedRun parsed, Session session)
    {
        UserId uid = session.Peer.Pilot.Uid;
        if (!counts.TryEnter(uid, out int most))
        {
            Ending busy = new Ending.Busy($"uid {uid} has {most} payloads, as many as policy lets its class have (max-payloads)", RetryAfter);
            ledger.NotAdmitted(new NotAdmitted(parsed.Request.Id, session.Peer.Pilot, "max-payloads", busy));
            return new PayloadResult(parsed.Request.Id, busy, null, null);
        }

        try
        {
            return await RunAsync(parsed, session).ConfigureAwait(false);
        }
        finally
        {
            counts.Leave(uid);
        }
    }

    private async Task<PayloadResult> RunAsync(ParsedRun parsed, Session session)
    {
        // Not disposed: it holds no timer, and the watch may still be about to cancel it.
        CancellationTokenSource gone = new();
        try
        {
            using Descriptor block = SealedMemory.Create("isolation-command"u8, parsed.CommandBlock);
            using IDisposable hangUp = watch.Watch(session.Socket, PollEvents.None, () => _ = gone.CancelAsync());
            using IDisposable over = watch.Watch(session.Peer.Process, PollEvents.In, () => _ = gone.CancelAsync());
            var client = new PayloadClient(session, block, gone);
            return await runner.RunAsync(parsed.Request, client, gone.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever went wrong in one run, the service goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.RunFailed(log, e, parsed.Request.Id);
            return new PayloadResult(parsed.Request.Id, new Ending.SetupFailed("isolationd", $"an error of the service itself: {PrintableText.Of(e.Message)}", null), null, null);
        }
    }

    private sealed class PayloadClient(Session session, Descriptor command, CancellationTokenSource gone) : IClient
    {
        public SafeHandle Process => session.Peer.Process;

        public SafeHandle Command => command;

        public async ValueTask EnteredAsync(PayloadId payload, Handle handle, SafePilotEnd? channel)
        {
            try
            {
                await session.Answers.WriteAsync(channel is null
                    ? new ForkAnswer(payload.ToString(), handle.Value, Level.LogOnly.Name())
                    : new EnteredAnswer(payload.ToString(), handle.Value), (int?)channel?.DangerousGetHandle()).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                await gone.CancelAsync().ConfigureAwait(false);
                throw new OperationCanceledException("the client did not take its answer", e, gone.Token);
            }
        }

        public async ValueTask StartedAsync(RunningPayload payload, ProcessId process)
        {
            try
            {
                await session.Answers.WriteAsync(new StartedAnswer(PayloadAnswers.Of(payload, withHandle: true))).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // Whoever no longer listens is no longer told; whether the payload ends is for its cell-init to see.
            }
        }
    }
}
