using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>One record as it stands in the ledger.</summary>
/// <param name="Segment">The file it is in.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="Type">Its type.</param>
/// <param name="Payload">The payload it is of, or null.</param>
/// <param name="Raw">The line's bytes, without the newline; a copy.</param>
public sealed record LedgerLine(string Segment, long Sequence, string Type, PayloadId? Payload, ReadOnlyMemory<byte> Raw)
{
    /// <summary>True when the line agrees with its own hash. The chain is the verifier's part.</summary>
    public bool IsSound => LineFormat.IsSound(Raw.Span);

    /// <summary>The record's fields. The caller disposes of it.</summary>
    /// <exception cref="JsonException">The line is damaged.</exception>
    public JsonDocument Parse() => JsonDocument.Parse(Raw);
}
