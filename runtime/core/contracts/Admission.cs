namespace Isolation.Core;

/// <summary>
/// The permission to start one payload. Only the receipt of a durable <c>admitted</c> record mints one, so that "start without
/// a record" does not compile. It guards against mistakes of ours, not against a hostile front: that is the warden's part.
/// </summary>
public sealed class Admission
{
    private Admission(PayloadId payload, LedgerReceipt receipt) => (Payload, Receipt) = (payload, receipt);

    /// <summary>The payload that may start.</summary>
    public PayloadId Payload { get; }

    /// <summary>The record that says so.</summary>
    public LedgerReceipt Receipt { get; }

    /// <summary>Mints the permission for the payload that the receipt's record admitted.</summary>
    /// <exception cref="ArgumentException">The receipt is another payload's.</exception>
    public static Admission Mint(Entry entry, LedgerReceipt receipt)
        => entry.Payload == receipt.Payload
            ? new Admission(entry.Payload, receipt)
            : throw new ArgumentException($"the receipt is of payload {receipt.Payload}, not of {entry.Payload}", nameof(receipt));
}
