using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Wire;

/// <summary>
/// What a payload used: an object with a member for each figure that was measured, and <c>notAvailable</c>, the names of the others with the
/// reason. The names are those of docs/protocol.md.
/// </summary>
/// <param name="Figures">Name to value.</param>
/// <param name="NotAvailable">Name to the reason why there is none; null when every figure was measured.</param>
[JsonConverter(typeof(WireUsageConverter))]
public sealed record WireUsage(IReadOnlyDictionary<string, long> Figures, IReadOnlyDictionary<string, string>? NotAvailable = null)
{
    /// <summary>The value of a figure, or null.</summary>
    public long? this[string name] => Figures.TryGetValue(name, out long value) ? value : null;
}

/// <summary>What is known of processes that the kernel killed for want of memory.</summary>
/// <param name="Kills">How many.</param>
/// <param name="Limit"><c>payload</c>, <c>job</c>, <c>host</c> or <c>unknown</c>.</param>
/// <param name="Victims">Who; absent when nobody knows.</param>
public sealed record WireOutOfMemory(long Kills, string Limit, string? Victims);

internal sealed class WireUsageConverter : JsonConverter<WireUsage>
{
    private const string NotAvailable = "notAvailable";

    public override WireUsage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Dictionary<string, long> figures = [];
        Dictionary<string, string>? missing = null;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("usage is an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            _ = reader.Read();
            if (name == NotAvailable && reader.TokenType == JsonTokenType.StartObject)
            {
                missing = [];
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    string figure = reader.GetString()!;
                    _ = reader.Read();
                    missing[figure] = reader.GetString() ?? "";
                }
            }
            else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value))
                figures[name] = value;
            else
                reader.Skip(); // a member of a later version
        }

        return new WireUsage(figures, missing);
    }

    public override void Write(Utf8JsonWriter writer, WireUsage value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((string name, long figure) in value.Figures)
            writer.WriteNumber(name, figure);
        if (value.NotAvailable is not null)
        {
            writer.WriteStartObject(NotAvailable);
            foreach ((string name, string why) in value.NotAvailable)
                writer.WriteString(name, why);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
