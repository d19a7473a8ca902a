using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>The client of one payload, as the pipeline sees it.</summary>
public interface IClient
{
    /// <summary>Borrowed: its pidfd.</summary>
    SafeHandle Process { get; }

    /// <summary>Borrowed: the sealed memfd with arguments, environment and working directory.</summary>
    SafeHandle Command { get; }

    /// <summary>Asks it to name the directory that it lends, over that socket; the socket stays the caller's to dispose.</summary>
    ValueTask LendAsync(PayloadId payload, SafeHandle socket);

    /// <summary>
    /// Tells it that its room was entered; passes on the pilot's channel and, where it was asked for, its end of the exchange. Both stay the
    /// caller's to dispose. Without a channel it is told to fork the payload itself.
    /// </summary>
    ValueTask EnteredAsync(PayloadId payload, Handle handle, SafePilotEnd? channel, ExchangeEnd? exchange);

    /// <summary>Asks it to fetch its files now, and waits until it has, for a bounded time.</summary>
    /// <param name="payload">Its payload.</param>
    /// <param name="exchange">What it wants to fetch.</param>
    /// <param name="clientGone">Ends the wait.</param>
    Task<Collection> CollectAsync(PayloadId payload, FileExchange exchange, CancellationToken clientGone);

    /// <summary>Tells it that the payload's first instruction has run.</summary>
    ValueTask StartedAsync(RunningPayload payload, ProcessId process);
}
