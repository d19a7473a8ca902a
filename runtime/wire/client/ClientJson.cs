using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Wire;

/// <summary>Frames to and from JSON, with generated code only.</summary>
public static class ClientJson
{
    /// <summary>A request as UTF-8.</summary>
    public static byte[] Write(ClientMessage message) => JsonSerializer.SerializeToUtf8Bytes(message, ClientJsonContext.Default.ClientMessage);

    /// <summary>An answer as UTF-8.</summary>
    public static byte[] Write(ServiceMessage message) => JsonSerializer.SerializeToUtf8Bytes(message, ServiceJsonContext.Default.ServiceMessage);

    /// <summary>One payload as a line of the status channel.</summary>
    public static byte[] Write(WirePayload payload) => JsonSerializer.SerializeToUtf8Bytes(payload, ServiceJsonContext.Default.WirePayload);

    /// <summary>Reads a request.</summary>
    /// <exception cref="WireException">It is not JSON, of no known type, lacks a member, has one that is not known or has one twice.</exception>
    public static ClientMessage ReadRequest(ReadOnlySpan<byte> json)
    {
        ClientMessage request = Read(json, ClientJsonContext.Default.ClientMessage) ?? throw new WireException("the frame holds null, not an object");
        StrictJson.RefuseRepeatedMembers(json);
        StrictJson.RefuseNullElements(request);
        return request;
    }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="WireException">It is not JSON, or of no known type.</exception>
    public static ServiceMessage ReadAnswer(ReadOnlySpan<byte> json)
        => Read(json, ServiceJsonContext.Default.ServiceMessage) ?? throw new WireException("the frame holds null, not an object");

    private static T? Read<T>(ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new WireException($"the frame is no message of this protocol: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(ClientMessage))]
internal sealed partial class ClientJsonContext : JsonSerializerContext;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(ServiceMessage))]
[JsonSerializable(typeof(WirePayload))]
internal sealed partial class ServiceJsonContext : JsonSerializerContext;
