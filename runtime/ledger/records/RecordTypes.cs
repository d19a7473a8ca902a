namespace Isolation.Ledger;

/// <summary>The values of <c>type</c>.</summary>
internal static class RecordTypes
{
    public const string Segment = SegmentHeader.Type;
    public const string Admitted = "admitted";
    public const string Started = "started";
    public const string Ended = "ended";
    public const string Refused = "refused";

    /// <summary>An act of the service or of an operator.</summary>
    public const string Event = "event";

    /// <summary>What was cut when the ledger was opened after a crash.</summary>
    public const string Recovered = "recovered";

    /// <summary>What reading back a segment showed whose write or sync had failed.</summary>
    public const string Checked = "checked";
}
