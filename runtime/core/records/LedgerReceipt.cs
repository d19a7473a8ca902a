namespace Isolation.Core;

/// <summary>The ledger's word that an <c>admitted</c> record is durable, and that room is kept for its ending.</summary>
/// <param name="Payload">Whose record.</param>
/// <param name="Sequence">The record's number, counted from 1.</param>
public sealed record LedgerReceipt(PayloadId Payload, long Sequence);
