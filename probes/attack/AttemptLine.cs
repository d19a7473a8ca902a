using System.Text;
using System.Text.Json;

namespace Isolation.Probes;

/// <summary>An attempt as a line of JSON, as the payload prints it and the orchestrator reads it.</summary>
internal static class AttemptLine
{
    /// <summary>The line, its newline included. Below PIPE_BUF, so that lines of two processes never mix.</summary>
    public static byte[] Of(Attempt attempt)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("probe"u8, attempt.Probe);
            json.WriteString("tried"u8, attempt.Tried);
            json.WriteString("outcome"u8, attempt.Outcome.ToString());
            json.WriteString("seen"u8, attempt.Seen);
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    /// <summary>Reads a line; null for one that is no attempt. What it says came out of a payload: it is made printable again.</summary>
    public static Attempt? Parse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !Enum.TryParse(Text(root, "outcome"), out Outcome outcome))
                return null;
            return new Attempt(Text(root, "probe"), Text(root, "tried"), outcome, Text(root, "seen"));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonElement root, string name)
        => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? Printable.Of(Encoding.UTF8.GetBytes(value.GetString()!)) : "";
}
