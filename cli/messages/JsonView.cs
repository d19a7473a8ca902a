using System.Text.Json;

namespace Isolation.Cli;

/// <summary>A JSON value that is read where it lies, only as far as asked; what is not there reads as missing.</summary>
internal readonly struct JsonView(ReadOnlyMemory<byte> json)
{
    /// <summary>The value as it stands in the frame.</summary>
    public ReadOnlyMemory<byte> Json { get; } = json;

    /// <summary>True when there was no such member.</summary>
    public bool IsMissing => Json.IsEmpty;

    /// <summary>True for <c>null</c>.</summary>
    public bool IsNull => Json.Span.SequenceEqual("null"u8);

    /// <summary>True for <c>true</c>.</summary>
    public bool IsTrue => Json.Span.SequenceEqual("true"u8);

    /// <summary>The string, or null when it is none.</summary>
    public string? Text
    {
        get
        {
            Utf8JsonReader reader = new(Json.Span);
            return !IsMissing && reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        }
    }

    /// <summary>The whole number, or null when it is none.</summary>
    public long? Number
    {
        get
        {
            Utf8JsonReader reader = new(Json.Span);
            return !IsMissing && reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) ? value : null;
        }
    }

    /// <summary>A member of an object.</summary>
    public JsonView this[ReadOnlySpan<byte> name]
    {
        get
        {
            Utf8JsonReader reader = new(Json.Span);
            if (IsMissing || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool found = reader.ValueTextEquals(name);
                Range value = Value(ref reader);
                if (found)
                    return new JsonView(Json[value]);
            }

            return default;
        }
    }

    /// <summary>The members of an object, in their order.</summary>
    public List<(string Name, JsonView Value)> Members
    {
        get
        {
            List<(string, JsonView)> members = [];
            Utf8JsonReader reader = new(Json.Span);
            if (IsMissing || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return members;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                members.Add((name, new JsonView(Json[Value(ref reader)])));
            }

            return members;
        }
    }

    /// <summary>The elements of an array.</summary>
    public List<JsonView> Items
    {
        get
        {
            List<JsonView> items = [];
            Utf8JsonReader reader = new(Json.Span);
            if (IsMissing || !reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                return items;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                items.Add(new JsonView(Json[start..(int)reader.BytesConsumed]));
            }

            return items;
        }
    }

    /// <summary>The same value in memory of its own: a frame's buffer is used again.</summary>
    public JsonView Copy() => new(Json.ToArray());

    /// <summary>True when the bytes are one whole JSON object.</summary>
    public static bool IsObject(ReadOnlySpan<byte> json)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            bool isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (reader.Read())
            {
            }

            return isObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Range Value(ref Utf8JsonReader reader)
    {
        _ = reader.Read();
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start..(int)reader.BytesConsumed;
    }
}
