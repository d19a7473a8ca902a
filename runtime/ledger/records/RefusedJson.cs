using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>The body of <c>refused</c>: the first of its kind in full, or the sum of the following ones.</summary>
internal static class RefusedJson
{
    public static void WriteFirst(Utf8JsonWriter json, NotAdmitted refusal)
    {
        PilotJson.Write(json, refusal.Pilot);
        json.Text("cause", refusal.Cause, 256);
        EndingJson.Write(json, refusal.Ending);
        json.WriteNumber("count", 1);
    }

    public static void WriteSum(Utf8JsonWriter json, RefusalSum sum)
    {
        if (sum.Pilot is UserId uid)
        {
            json.WriteStartObject("pilot");
            json.WriteNumber("uid", uid.Value);
            json.WriteEndObject();
        }

        json.Text("cause", sum.Cause, 256);
        json.WriteNumber("count", sum.Count);
        WriteTime(json, "first", sum.First);
        WriteTime(json, "last", sum.Last);
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[RecordTime.Length];
        RecordTime.Format(time, text);
        json.WriteString(name, text);
    }
}
