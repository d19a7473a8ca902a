using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Images;

/// <summary>What the store notes beside an unpacked image.</summary>
/// <param name="Bytes">What it takes.</param>
/// <param name="Sources">Digests of the sources that were seen to hold it: name, and what the file system told of the file.</param>
internal sealed record StoreEntry(long Bytes, string[] Sources)
{
    private const int MostSources = 100;

    /// <summary>With one more source.</summary>
    internal StoreEntry With(string source) => Sources.Contains(source) ? this : this with { Sources = [.. Sources.TakeLast(MostSources - 1), source] };

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StoreEntryJson.Default.StoreEntry);

    /// <summary>Reads one; null where it is none.</summary>
    internal static StoreEntry? TryRead(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, StoreEntryJson.Default.StoreEntry) is { Sources: not null, Bytes: >= 0 } entry ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreEntry))]
internal sealed partial class StoreEntryJson : JsonSerializerContext;
