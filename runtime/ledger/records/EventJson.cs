using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>The body of <c>event</c>: an act of the service or of an operator.</summary>
internal static class EventJson
{
    private const int DetailBudget = 16 << 10;

    public static void Write(Utf8JsonWriter json, ServiceEvent record)
    {
        json.Text("what", record.What, 128);
        if (record.Details.Count > 0)
            BoundedMap.Write(json, "details", record.Details, DetailBudget);
    }
}
