using System.Text;

namespace Isolation.Ledger;

/// <summary>A place in the chain: a record's number, and its hash as 64 hexadecimal digits. Never changed.</summary>
internal sealed record ChainPoint(long Sequence, ReadOnlyMemory<byte> Hash)
{
    /// <summary>Before the first record.</summary>
    public static readonly ChainPoint Start = new(0, Encoding.ASCII.GetBytes(LedgerHead.Empty.Hash));

    public LedgerHead ToHead() => new(Sequence, Encoding.ASCII.GetString(Hash.Span));
}
