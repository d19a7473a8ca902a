using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>What passed between pilot and payload: at most 24 KiB in <c>admitted</c>, 1.2 KiB in <c>ended</c>.</summary>
internal static class ExchangeJson
{
    private const int NameBudget = FileExchange.LongestName;

    /// <summary>The names, and the lengths of what was brought.</summary>
    public static void Write(Utf8JsonWriter json, FileExchange exchange)
    {
        if (!exchange.IsAsked)
            return;
        json.WriteStartObject("exchange");
        json.WriteStartArray("in");
        foreach (BroughtFile file in exchange.In.Take(FileExchange.MostFiles))
        {
            json.WriteStartObject();
            json.Text("name", file.Name.ToString(), NameBudget);
            json.WriteNumber("bytes", file.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("out");
        foreach (ByteString name in exchange.Out.Take(FileExchange.MostFiles))
            json.WriteStringValue(BoundedText.Cut(name.ToString(), NameBudget, out _));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>What the client says that it fetched, in the order of the names; null for a file that it did not.</summary>
    public static void Write(Utf8JsonWriter json, Collection? collection)
    {
        if (collection is null)
            return;
        json.WriteStartObject("collected");
        switch (collection)
        {
            case Collection.Skipped skipped:
                json.Text("skipped", skipped.Why, 192);
                break;
            case Collection.Told told:
                json.WriteStartArray("bytes");
                foreach (CollectedFile file in told.Files.Take(FileExchange.MostFiles))
                {
                    if (file.Bytes is long bytes)
                        json.WriteNumberValue(bytes);
                    else
                        json.WriteNullValue();
                }

                json.WriteEndArray();
                if (told.Files.FirstOrDefault(f => f.Why is not null)?.Why is string why)
                    json.Text("why", why, 192);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(collection), collection, "a collection of no kind");
        }

        json.WriteEndObject();
    }
}
