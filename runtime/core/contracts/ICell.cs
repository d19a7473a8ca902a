namespace Isolation.Core;

/// <summary>A room that a payload has entered. Disposing detaches; it never destroys.</summary>
public interface ICell : IAsyncDisposable
{
    /// <summary>Its name.</summary>
    CellId Id { get; }

    /// <summary>Where its leaf is, and what it will find there.</summary>
    CellSite Site { get; }

    /// <summary>Hands over the client's end of the pilot's channel, once: the caller passes it on and then disposes its copy.</summary>
    /// <returns>Null where there is none, because the client itself forks the payload (level log-only).</returns>
    SafePilotEnd? TakePilotEnd();

    /// <summary>The client's way into the scratch, where it was asked for; handed over once, the caller's to dispose.</summary>
    ExchangeEnd? TakeExchangeEnd();

    /// <summary>The leaf is empty: from now on the client may fetch files by its end of the exchange.</summary>
    Task BeginCollectionAsync(CancellationToken ct);

    /// <summary>Waits for the client's streams, then opens the command in the room with the payload's rights.</summary>
    Task<Resolution> ResolveAsync(CancellationToken ct);

    /// <summary>Starts the payload; possible only with an admission, that is after the record is durable.</summary>
    Task<StartResult> StartAsync(Admission admission, CancellationToken ct);

    /// <summary>The main process is over and its leaf has been emptied. Live from construction; never faults.</summary>
    Task<EndingReport> Ending { get; }

    /// <summary>Sends a signal to the payload.</summary>
    Task<SignalResult> SignalAsync(int signal, CancellationToken ct);

    /// <summary>Removes all that is left: processes, leaf, scratch, cell-init. Bounded in time.</summary>
    Task<CellReport> DestroyAsync(TimeSpan grace);

    /// <summary>The ending is durable: the ticket may go.</summary>
    Task ForgetAsync();
}

/// <summary>Where a cell is on this host.</summary>
/// <param name="Placement">The place it got among the cgroups.</param>
/// <param name="Cgroup">The payload's leaf in the unified cgroup hierarchy, as /proc/PID/cgroup shows it.</param>
/// <param name="Scratch">The payload's scratch, as the payload sees it.</param>
/// <param name="Network">The network it is in.</param>
public sealed record CellSite(Placement Placement, string Cgroup, string Scratch, CellNetwork Network)
{
    /// <summary>The digest of the manifest of the image that its room shows (SHA-256, hexadecimal); null where that has none: an unpacked directory, or the host's tree.</summary>
    public string? ImageDigest { get; init; }
}
