namespace Isolation.Ledger;

/// <summary>The body of <c>recovered</c>: what was cut behind the last sound record when the ledger was opened; never acknowledged to anybody.</summary>
internal static class RecoveredJson
{
    public static PendingRecord Record(SegmentName segment, SegmentTail tail)
    {
        var body = new RecordBuffer();
        var json = body.Begin();
        json.WriteString("segment", segment.ToString());
        json.WriteNumber("at", tail.Position);
        json.WriteNumber("bytes", tail.Written);
        json.WriteBoolean("kept", tail.HoldsRecord);
        body.End();
        return new PendingRecord(RecordTypes.Recovered, null, RecordKind.Notice, body, awaited: false);
    }
}
