using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>What an earlier run of the service left to be seen to.</summary>
/// <param name="Unended">Payloads that it admitted and whose ending is not on record, oldest first.</param>
/// <param name="Ended">Payloads whose ending it put on record last: whoever waited for them may not have been told.</param>
/// <param name="Endings">Those endings, and each of a payload that still held an account.</param>
/// <param name="Unreadable">Payloads without an ending of which the record cannot be read by this program, and why.</param>
/// <param name="Since">Of payloads that were admitted before nothing more was looked for.</param>
public sealed record EarlierRun(
    IReadOnlyList<UnendedPayload> Unended, IReadOnlyList<EndedPayload> Ended, IReadOnlyDictionary<PayloadId, EndedRecord> Endings, IReadOnlyDictionary<PayloadId, string> Unreadable,
    DateTimeOffset Since);

/// <summary>A payload without an ending.</summary>
/// <param name="Receipt">What its ending is written with.</param>
/// <param name="Admitted">What is on record of it.</param>
/// <param name="Time">When it was admitted.</param>
/// <param name="BootId">During which boot of the machine.</param>
/// <param name="Process">Its main process, where its start is on record.</param>
public sealed record UnendedPayload(LedgerReceipt Receipt, AdmittedRecord Admitted, DateTimeOffset Time, string BootId, ProcessId? Process);

/// <summary>A payload with its ending.</summary>
/// <param name="Admitted">What is on record of it.</param>
/// <param name="Ended">Its ending.</param>
public sealed record EndedPayload(AdmittedRecord Admitted, EndedRecord Ended);
