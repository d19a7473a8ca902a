using System.Text.Json;

namespace Isolation.Ledger;

/// <summary>Names and values, together kept to a number of bytes; <c>NAMECut</c> is true when some are left out.</summary>
internal static class BoundedMap
{
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> entries, int budget)
    {
        bool cut = false;
        json.WriteStartObject(name);
        foreach ((string key, string value) in entries)
        {
            string shownKey = BoundedText.Cut(key, 256, out int keyCost);
            string shown = BoundedText.Cut(value, 2048, out int valueCost);
            budget -= keyCost + valueCost + 6;
            if (budget < 0)
            {
                cut = true;
                break;
            }

            json.WriteString(shownKey, shown);
        }

        json.WriteEndObject();
        if (cut)
            json.WriteBoolean(name + "Cut", true);
    }
}
