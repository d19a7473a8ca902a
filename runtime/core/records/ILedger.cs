namespace Isolation.Core;

/// <summary>
/// The append-only, hash-chained record of one node. Takes no cancellation token on purpose: once asked, a record is written.
/// </summary>
public interface ILedger
{
    /// <summary>Writes <c>admitted</c>, durably, and keeps space for its ending.</summary>
    /// <exception cref="LedgerException">Not durable within the deadline, or no space: nothing may start.</exception>
    ValueTask<LedgerReceipt> AdmitAsync(AdmittedRecord record);

    /// <summary>Writes <c>started</c>; queued, not waited for: <c>ended</c> comes after it in the chain in any case.</summary>
    void Started(PayloadId payload, ProcessId process);

    /// <summary>Writes <c>ended</c>, durably, into the space that the receipt kept.</summary>
    /// <exception cref="LedgerException">Not durable within the deadline.</exception>
    ValueTask EndAsync(LedgerReceipt receipt, EndedRecord record);

    /// <summary>Counts a request that was not admitted; the first of its kind is written at once, the rest summed up.</summary>
    void NotAdmitted(NotAdmitted record);

    /// <summary>Writes an act of the service or of an operator; durable when the task completes.</summary>
    /// <exception cref="LedgerException">Not durable within the deadline.</exception>
    ValueTask EventAsync(ServiceEvent record);
}
