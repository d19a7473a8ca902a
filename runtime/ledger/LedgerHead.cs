namespace Isolation.Ledger;

/// <summary>The end of the chain at some time: kept elsewhere, it tells whether a ledger was cut behind it.</summary>
/// <param name="Sequence">The number of the last record; 0 when there is none.</param>
/// <param name="Hash">Its hash, 64 hexadecimal digits.</param>
public sealed record LedgerHead(long Sequence, string Hash)
{
    /// <summary>Of a ledger without a record.</summary>
    public static readonly LedgerHead Empty = new(0, new string('0', 64));
}
