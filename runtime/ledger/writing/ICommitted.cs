namespace Isolation.Ledger;

/// <summary>Who is told by the writer what became of records.</summary>
internal interface ICommitted
{
    /// <summary>These are durable, and the chain ends there.</summary>
    void Durable(IReadOnlyList<PendingRecord> records, ChainPoint head);

    /// <summary>This one was not written: without the space kept for endings there is none for it.</summary>
    void NoSpace(PendingRecord record, IOException? why);

    /// <summary>Gives a record its time.</summary>
    void Stamp(PendingRecord record);

    /// <summary>Puts a record of the writer's own behind those that wait.</summary>
    void Enqueue(PendingRecord record);
}
