using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>The client of one payload, as the pipeline sees it.</summary>
public interface IClient
{
    /// <summary>Borrowed: its pidfd.</summary>
    SafeHandle Process { get; }

    /// <summary>Borrowed: the sealed memfd with arguments, environment and working directory.</summary>
    SafeHandle Command { get; }

    /// <summary>
    /// Tells it that its room was entered; passes on the pilot's channel, which the client's side owns from then on. Without a channel it is told to
    /// fork the payload itself.
    /// </summary>
    ValueTask EnteredAsync(PayloadId payload, Handle handle, SafePilotEnd? channel);

    /// <summary>Tells it that the payload's first instruction has run.</summary>
    ValueTask StartedAsync(RunningPayload payload, ProcessId process);
}
