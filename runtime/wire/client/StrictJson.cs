using System.Text.Json;

namespace Isolation.Wire;

/// <summary>Refuses what the JSON reader lets pass: a member said twice (the last would win), and a null in a list or map that has none.</summary>
internal static class StrictJson
{
    public static void RefuseRepeatedMembers(ReadOnlySpan<byte> json)
    {
        Stack<HashSet<string>> open = [];
        Utf8JsonReader reader = new(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    open.Push([]);
                    break;
                case JsonTokenType.EndObject:
                    open.Pop();
                    break;
                case JsonTokenType.PropertyName when !open.Peek().Add(reader.GetString()!):
                    throw new WireException($"the frame is no message of this protocol: the member {reader.GetString()} is there twice");
                default:
                    break;
            }
        }
    }

    public static void RefuseNullElements(ClientMessage request)
    {
        RunRequest? run = request as RunRequest ?? (request as ExplainRequest)?.Request;
        bool hasNull = request is ListRequest { Handles: { } handles } && HoldsNull(handles);
        hasNull |= request is DoctorRequest doctor && HoldsNull(doctor.Environment);
        hasNull |= run is not null
            && (HoldsNull(run.Command) || HoldsNull(run.Environment) || HoldsNull(run.ExplicitEnvironment) || HoldsNull(run.Tags.Values));
        hasNull |= run?.Exchange is { } exchange
            && (HoldsNull(exchange.Out) || HoldsNull(exchange.In) || exchange.In.Any(file => file.Name is null));
        hasNull |= request is CollectedRequest { Files: { } files } && HoldsNull(files);
        if (hasNull)
            throw new WireException("the frame is no message of this protocol: a list or map in it holds null");
    }

    private static bool HoldsNull<T>(IEnumerable<T?> values) where T : class => values.Any(v => v is null);
}
