using System.Collections.Immutable;

namespace Isolation.Core;

/// <summary>Who runs what, where, as which account, and by which rule: durable before the payload's first instruction.</summary>
/// <param name="Payload">The payload.</param>
/// <param name="Pilot">Who asked.</param>
/// <param name="Decision">The decision that admits it.</param>
/// <param name="Lease">The payload account.</param>
/// <param name="Site">Where its cell is.</param>
/// <param name="HandleDigest">SHA-256 of the handle, hexadecimal.</param>
/// <param name="Command">The arguments as given.</param>
/// <param name="Resolved">The command as found in the room.</param>
/// <param name="WorkingDirectory">The directory asked for, or null for the scratch.</param>
/// <param name="Tags">The pilot's own tags.</param>
public sealed record AdmittedRecord(
    PayloadId Payload,
    Pilot Pilot,
    Decision.Admit Decision,
    Lease Lease,
    CellSite Site,
    string HandleDigest,
    ImmutableArray<ByteString> Command,
    ResolvedCommand Resolved,
    ByteString? WorkingDirectory,
    ImmutableSortedDictionary<string, string> Tags)
{
    /// <summary>The files that pass between pilot and payload.</summary>
    public FileExchange Exchange { get; init; } = FileExchange.None;

    /// <summary>It does not end with its client.</summary>
    public bool IsDetached { get; init; }

    /// <summary>The directory that the client lends; null for none.</summary>
    public Loan? Loan { get; init; }

    /// <summary>It is, or holds, the client's home or a credential, as the client says.</summary>
    public bool LendsCredentials { get; init; }

    /// <summary>At the level log-only: what the same payload would have had. Null at any other level.</summary>
    public WouldHave? Would { get; init; }
}
