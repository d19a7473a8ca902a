using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;
using Microsoft.Extensions.Logging;

namespace Isolation.Daemon;

/// <summary>
/// One client's connection from accept to close: who it is, hello, then one request after the other. Whatever a client sends ends
/// here at worst: with an error frame and a closed connection.
/// </summary>
internal sealed class Connection(
    UnixSocket socket, PeerCredentials credentials, UidShare share, IByteSource source, PeerReader peers, IDispatcher dispatcher,
    EventWatch watch, Deadlines deadlines, TimeProvider clock, ILogger log)
{
    private readonly FrameWriter _answers = new(socket, watch, deadlines.Answer, clock);

    /// <summary>Serves until it ends; never throws.</summary>
    /// <param name="stop">The service stops: requests that are not under way are not waited for.</param>
    public async Task ServeAsync(CancellationToken stop)
    {
        using FrameReader frames = new(source, share);
        try
        {
            using Peer peer = peers.Read(socket, credentials);
            await ServeAsync(peer, frames, stop).ConfigureAwait(false);
        }
        catch (WireException e)
        {
            Log.ConnectionBroke(log, credentials.Uid, credentials.Pid, PrintableText.Of(e.Message));
            await TellAsync(new ErrorAnswer(ErrorCodes.BadFrame, e.Message, "Speak the protocol of docs/protocol.md, and attach no descriptors.")).ConfigureAwait(false);
        }
        catch (BusyException e)
        {
            Log.ConnectionRefused(log, credentials.Uid, credentials.Pid, e.Message);
            await TellAsync(new ErrorAnswer(ErrorCodes.Busy, e.Message, "Try again later.")).ConfigureAwait(false);
        }
        catch (PeerException e)
        {
            Log.PeerUnknown(log, credentials.Uid, credentials.Pid, PrintableText.Of(e.Cause));
            await TellAsync(new ErrorAnswer(ErrorCodes.Failed, e.Cause, e.Fix)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            Log.ConnectionBroke(log, credentials.Uid, credentials.Pid, "no complete request in time");
            await TellAsync(new ErrorAnswer(ErrorCodes.BadFrame, $"no complete request came within {deadlines.Request.TotalSeconds} s", "Send hello and a request at once.")).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client went, or the service does: nobody is left to be told.
        }
#pragma warning disable CA1031 // Whatever one connection brings about, the service goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.ConnectionFailed(log, e, credentials.Uid, credentials.Pid);
            await TellAsync(new ErrorAnswer(ErrorCodes.Failed, "an error of the service itself; its log has it", "Report it.")).ConfigureAwait(false);
        }
        finally
        {
            source.Rest();
        }
    }

    private async Task ServeAsync(Peer peer, FrameReader frames, CancellationToken stop)
    {
        using DeadlineClock late = new(deadlines.Request, clock, stop);
        CancellationToken first = late.Start();
        Session session = new(peer, Rights.Of(peer), socket, share, frames, _answers);
        if (!await GreetAsync(session, first).ConfigureAwait(false))
            return;

        // The deadline of the first request is the connection's; later ones have one from their first byte.
        CancellationToken firstByte = first;
        Func<CancellationToken> startFrame = () => first;
        while (await frames.ReadAsync(startFrame, firstByte).ConfigureAwait(false) is { } json)
        {
            late.Stop();
            await dispatcher.HandleAsync(ClientJson.ReadRequest(json.Span), session).ConfigureAwait(false);
            firstByte = stop;
            startFrame = late.Start;
        }
    }

    private async ValueTask<bool> GreetAsync(Session session, CancellationToken late)
    {
        if (await session.Frames.ReadAsync(() => late, late).ConfigureAwait(false) is not { } json)
            return false;
        if (session.Standing == Standing.InsideACell)
        {
            dispatcher.CountInsideACell(session.Peer);
            await _answers.WriteAsync(Errors.InsideACell).ConfigureAwait(false);
            return false;
        }

        if (ClientJson.ReadRequest(json.Span) is not HelloRequest hello)
            throw new WireException("the first frame is no hello");
        if (hello.Version != FrameFormat.Version)
        {
            await _answers.WriteAsync(new ErrorAnswer(ErrorCodes.BadVersion, $"the client speaks version {hello.Version}, this service {FrameFormat.Version}", "Use a client of the service's release.")).ConfigureAwait(false);
            return false;
        }

        // Without SO_PEERPIDFD the pidfd was opened by number: the hello's sender is that process, and it lives, so it is the one.
        PeerReader.MustLive(session.Peer.Process, session.Peer.Pilot.Process.Value);
        source.Proven();
        await _answers.WriteAsync(new HelloAnswer(FrameFormat.Version, ProductInfo.Service)).ConfigureAwait(false);
        return true;
    }

    private async ValueTask TellAsync(ErrorAnswer answer)
    {
        try
        {
            await _answers.WriteAsync(answer).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It went before it could be told.
        }
    }
}
