using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>What a client asks for, parsed once at the edge; it cannot hold a value out of bounds.</summary>
/// <param name="Id">Given by the service when the request arrives.</param>
/// <param name="Pilot">Who asks.</param>
/// <param name="Level">The level asked for, or null for the one policy chooses.</param>
/// <param name="ClaimedSubject">A subject named without a credential, or null.</param>
/// <param name="Command">Arguments; the first names the program. At least one.</param>
/// <param name="Environment">Entries <c>NAME=value</c>, already reduced to what may pass.</param>
/// <param name="WorkingDirectory">A directory that the payload account can enter, or null for its scratch.</param>
/// <param name="Limits">The limits asked for.</param>
/// <param name="Tags">The pilot's own tags: recorded, never interpreted.</param>
public sealed record PayloadRequest(
    PayloadId Id,
    Pilot Pilot,
    Level? Level,
    string? ClaimedSubject,
    ImmutableArray<ByteString> Command,
    ImmutableArray<ByteString> Environment,
    ByteString? WorkingDirectory,
    Limits Limits,
    ImmutableSortedDictionary<string, string> Tags)
{
    /// <summary>The image asked for; null for the host's tree.</summary>
    public ImageName? Image { get; init; }

    /// <summary>Its working directory is its client's own, and the client would lend it, where the site lets it.</summary>
    public bool LendsDirectory { get; init; }

    /// <summary>That directory is, or holds, what the client holds for its home or a credential, and it means to lend it all the same.</summary>
    public bool LendsCredentials { get; init; }

    /// <summary>The payload is not to end with its client: its wall limit ends it.</summary>
    public bool IsDetached { get; init; }

    /// <summary>The files that pass between pilot and payload.</summary>
    public FileExchange Exchange { get; init; } = FileExchange.None;
}
