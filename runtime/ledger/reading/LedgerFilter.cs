using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>Which records are wanted; every condition that is set must hold.</summary>
/// <param name="Payload">Records of this payload.</param>
/// <param name="Uid">Records of payloads and refusals whose pilot or payload account has this uid.</param>
public sealed record LedgerFilter(PayloadId? Payload, UserId? Uid)
{
    /// <summary>Every record.</summary>
    public static readonly LedgerFilter Everything = new(null, null);
}
