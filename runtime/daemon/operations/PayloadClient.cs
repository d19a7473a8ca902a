using System.Runtime.InteropServices;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>The client of a payload, over its connection.</summary>
/// <param name="session">The connection.</param>
/// <param name="command">The command block.</param>
/// <param name="hangUp">The watch for the connection's end; given up when frames are read again.</param>
/// <param name="gone">Cancelled when the client is.</param>
/// <param name="clock">The clock.</param>
/// <param name="letGo">Called once the client was told of the start; null where it waits for the ending.</param>
internal sealed class PayloadClient(
    Session session, Descriptor command, IDisposable hangUp, CancellationTokenSource gone, TimeProvider clock, Action? letGo) : IClient
{
    private const int LongestWhy = 200;
    private static readonly TimeSpan CollectDeadline = TimeSpan.FromHours(1);

    public SafeHandle Process => session.Peer.Process;

    public SafeHandle Command => command;

    public async ValueTask LendAsync(PayloadId payload, SafeHandle socket)
    {
        try
        {
            await session.Answers.WriteAsync(new LendAnswer(payload.ToString()), [Number(socket)]).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await gone.CancelAsync().ConfigureAwait(false);
            throw new OperationCanceledException("the client did not take its answer", e, gone.Token);
        }
    }

    public async ValueTask EnteredAsync(PayloadId payload, Handle handle, SafePilotEnd? channel, ExchangeEnd? exchange)
    {
        try
        {
            if (channel is null)
            {
                await session.Answers.WriteAsync(new ForkAnswer(payload.ToString(), handle.Value, Level.LogOnly.Name())).ConfigureAwait(false);
                return;
            }

            int[] passed = exchange is null ? [Number(channel)] : [Number(channel), Number(exchange.Descriptor)];
            await session.Answers.WriteAsync(new EnteredAnswer(payload.ToString(), handle.Value, exchange?.Kind.Name()), passed).ConfigureAwait(false);
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

        letGo?.Invoke();
    }

    public async Task<Collection> CollectAsync(PayloadId payload, FileExchange exchange, CancellationToken clientGone)
    {
        using CancellationTokenSource late = new(CollectDeadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, clientGone);
        hangUp.Dispose(); // a descriptor is in one watch at a time, and whoever reads sees the end too
        try
        {
            await session.Answers.WriteAsync(new CollectAnswer(payload.ToString())).ConfigureAwait(false);
            return await session.Frames.ReadAsync(() => either.Token, either.Token).ConfigureAwait(false) is { } frame
                ? Told(frame.Span, exchange)
                : new Collection.Skipped("the client was gone");
        }
        catch (OperationCanceledException) when (!clientGone.IsCancellationRequested)
        {
            return new Collection.Skipped($"the client took longer than {CollectDeadline.TotalHours:0} h");
        }
        catch (Exception e) when (e is WireException or BusyException)
        {
            return new Collection.Skipped($"the client did not say what it fetched: {PrintableText.Of(e.Message)}");
        }
        catch (IOException)
        {
            return new Collection.Skipped("the client was gone");
        }
    }

    private static Collection.Told Told(ReadOnlySpan<byte> frame, FileExchange exchange)
    {
        if (ClientJson.ReadRequest(frame) is not CollectedRequest collected)
            throw new WireException("the answer to collect is collected");
        if (collected.Files.Count != exchange.Out.Length)
            throw new WireException($"{collected.Files.Count} files, where {exchange.Out.Length} were asked for");
        if (collected.Files.Any(f => (f.Bytes is null) == (f.Why is null) || f.Bytes < 0))
            throw new WireException("each file has its bytes, or why there are none");
        return new Collection.Told([.. collected.Files.Select(f => new CollectedFile(f.Bytes, f.Why is null ? null : PrintableText.Of(Cut(f.Why))))]);
    }

    private static string Cut(string text) => text.Length <= LongestWhy ? text : text[..LongestWhy];

    private static int Number(SafeHandle handle) => (int)handle.DangerousGetHandle();
}
