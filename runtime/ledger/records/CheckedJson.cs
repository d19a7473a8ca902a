namespace Isolation.Ledger;

/// <summary>The body of <c>checked</c>: what a segment that failed still gives when it is read back.</summary>
internal static class CheckedJson
{
    public static PendingRecord Record(SegmentName segment, long bytes, string? fault)
    {
        var body = new RecordBuffer();
        var json = body.Begin();
        json.WriteString("segment", segment.ToString());
        json.WriteNumber("bytes", bytes);
        json.Text("result", fault ?? "intact", 512);
        body.End();
        return new PendingRecord(RecordTypes.Checked, null, RecordKind.General, body, awaited: false);
    }
}
