using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// The first record of a segment. It says where the chain left the segment before (<c>continues</c>: what stands behind that
/// byte there is void, for it was never acknowledged), and which payloads have no ending yet, so that one segment is
/// enough to know the ledger's state.
/// </summary>
/// <param name="Why">Why this segment was begun: <c>first</c>, <c>full</c>, <c>opened</c>, or the I/O error.</param>
/// <param name="Previous">The file name of the segment before, or null in the first.</param>
/// <param name="PreviousBytes">How many of its bytes count.</param>
/// <param name="Open">Payloads admitted and not ended, with the number of their <c>admitted</c>.</param>
internal sealed record SegmentHeader(string Why, string? Previous, long PreviousBytes, IReadOnlyDictionary<PayloadId, long> Open)
{
    public const string Type = "segment";
    private const int Format = 1;

    /// <summary>An upper bound of the bytes of the line with this many open payloads.</summary>
    public static long Space(int open) => 2048 + 64L * open;

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("format", Format);
        json.Text("why", Why, 512);
        if (Previous is not null)
        {
            json.WriteStartObject("continues");
            json.WriteString("segment", Previous);
            json.WriteNumber("bytes", PreviousBytes);
            json.WriteEndObject();
        }

        json.WriteStartObject("open");
        foreach ((PayloadId payload, long sequence) in Open)
            json.WriteNumber(payload.ToString(), sequence);
        json.WriteEndObject();
    }

    /// <summary>Reads the header from its line; null when the line is of another form.</summary>
    public static SegmentHeader? TryRead(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.GetProperty("format").GetInt32() != Format)
                return null;
            Dictionary<PayloadId, long> open = [];
            foreach (JsonProperty entry in root.GetProperty("open").EnumerateObject())
            {
                if (!PayloadId.TryParse(entry.Name, out PayloadId payload))
                    return null;
                open[payload] = entry.Value.GetInt64();
            }

            string why = root.GetProperty("why").GetString() ?? "";
            return root.TryGetProperty("continues", out JsonElement continues)
                ? new SegmentHeader(why, continues.GetProperty("segment").GetString(), continues.GetProperty("bytes").GetInt64(), open)
                : new SegmentHeader(why, null, 0, open);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
