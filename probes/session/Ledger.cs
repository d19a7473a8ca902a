using System.Text.Json;

namespace Isolation.Probes;

/// <summary>
/// What is on record, as an operator reads it: asked of a process that root starts before it becomes the pilot (<see cref="LedgerServer"/>), since no pilot may
/// read records.
/// </summary>
internal sealed class Ledger : IDisposable
{
    /// <summary>The line after each answer.</summary>
    public const string End = ".";

    private readonly Running _server;
    private bool _isLate;

    private Ledger(Running server) => _server = server;

    /// <summary>Starts one.</summary>
    public static Ledger Start(IReadOnlyList<string> environment) => new(Running.Start(Programs.Separation, ["ledger"], environment));

    /// <summary>The records of a payload, oldest first; null when they did not come within so many seconds.</summary>
    public IReadOnlyList<JsonElement>? Payload(string id, double seconds = 15) => Parse(Ask("payload " + id, seconds));

    /// <summary>The records of the payload whose main process had that number at that time.</summary>
    public IReadOnlyList<JsonElement>? OfProcess(int pid, DateTimeOffset time, double seconds) => Parse(Ask($"process {pid} {Time(time)}", seconds));

    /// <summary>The records of the payload that had that account at that time.</summary>
    public IReadOnlyList<JsonElement>? OfAccount(long uid, DateTimeOffset time, double seconds) => Parse(Ask($"account {uid} {Time(time)}", seconds));

    /// <summary>The refusals on record since then, those that were only counted included by their sums.</summary>
    public IReadOnlyList<JsonElement>? Refusals(DateTimeOffset since) => Parse(Ask("refusals " + Time(since), 15));

    /// <summary>The records of a payload as the command prints them for people.</summary>
    public IReadOnlyList<string>? Text(string id) => Ask("text " + id, 15);

    /// <summary>What the verification says of a copy, and of the same copy with one byte changed, cut off, taken away: a line each.</summary>
    public IReadOnlyList<string>? Altered() => Ask("altered", 30);

    public void Dispose()
    {
        _server.EndInput();
        _server.Wait(10);
        _server.Dispose();
    }

    /// <summary>A time as records have it: such texts sort as their times do.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads a line; null for one that is no object.</summary>
    public static JsonElement? Record(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A member further down, as text; empty where it is missing.</summary>
    public static string Member(JsonElement record, params string[] path)
    {
        foreach (string name in path)
        {
            if (record.ValueKind != JsonValueKind.Object || !record.TryGetProperty(name, out record))
                return "";
        }

        return record.ValueKind == JsonValueKind.String ? record.GetString()! : record.GetRawText();
    }

    private static IReadOnlyList<JsonElement>? Parse(IReadOnlyList<string>? lines) => lines is null ? null : [.. lines.Select(Record).OfType<JsonElement>()];

    private List<string>? Ask(string question, double seconds)
    {
        if (_isLate)
            return null;
        _server.Write(question);
        List<string> lines = [];
        foreach (string line in _server.Lines(seconds))
        {
            if (line == End)
                return lines;
            lines.Add(line);
        }

        // What comes after all would be taken for the next answer.
        _isLate = true;
        return null;
    }
}
