using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>The opposite of <see cref="EndedJson"/>: enough to tell a client again what was told before, and what was left.</summary>
internal static class EndedReader
{
    /// <exception cref="FormatException">It is no such record.</exception>
    public static EndedRecord Read(PayloadId payload, JsonElement json)
    {
        try
        {
            return new EndedRecord(
                payload, new UserId(json.GetProperty("pilot").GetProperty("uid").GetUInt32()), EndingOf(json.GetProperty("ending")), Text(json, "observer"),
                UsageOf(json.GetProperty("usage")), ResidueOf(json.GetProperty("residue")))
            {
                OutOfMemory = json.TryGetProperty("outOfMemory", out JsonElement killed)
                    ? new OutOfMemory(killed.GetProperty("kills").GetInt64(), LimitOf(killed), Text(killed, "victims"))
                    : null,
                Collection = json.TryGetProperty("collected", out JsonElement collected)
                    ? new Collection.Skipped(Optional(collected, "skipped") ?? "the service was started again after the files were fetched")
                    : null,
            };
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"the ending of payload {payload} is not as this program writes them: {e.Message}", e);
        }
    }

    private static Ending EndingOf(JsonElement ending) => Text(ending, "kind") switch
    {
        "exited" => new Ending.Exited(ending.GetProperty("code").GetInt32()),
        "signaled" => new Ending.Signaled(ending.GetProperty("signal").GetInt32()),
        "timed-out" => new Ending.TimedOut(Span(ending, "limitMicroseconds")),
        "out-of-memory" => new Ending.OutOfMemory(LimitOf(ending), Text(ending, "victim")),
        "abandoned" => new Ending.Abandoned(),
        "killed-from-outside" => new Ending.KilledFromOutside(Text(ending, "evidence")),
        "refused" => new Ending.Refused(Text(ending, "rule"), Text(ending, "why"), Text(ending, "fix")),
        "busy" => new Ending.Busy(Text(ending, "cause"), Span(ending, "retryAfterMicroseconds")),
        "unavailable" => new Ending.Unavailable(Text(ending, "cause"), Text(ending, "fix"), ending.GetProperty("pilotMayRun").GetBoolean()),
        "setup-failed" => new Ending.SetupFailed(Text(ending, "step"), Text(ending, "cause"), Optional(ending, "undo")),
        "lost" => new Ending.Lost(Text(ending, "evidence")),
        string other => throw new FormatException($"there is no ending {other}"),
    };

    private static ResourceUsage UsageOf(JsonElement usage) => ResourceUsage.Of(UsageFigures.All
        .Where(row => usage.TryGetProperty(row.Name, out JsonElement figure) && figure.TryGetProperty("value", out _))
        .Select(row => ((byte)row.Figure, usage.GetProperty(row.Name).GetProperty("value").GetInt64())));

    private static Residue ResidueOf(JsonElement residue)
        => new(FindingOf(residue, "processes"), FindingOf(residue, "cgroups"), FindingOf(residue, "ipc"), FindingOf(residue, "files"), FindingOf(residue, "scratch"));

    private static Finding FindingOf(JsonElement residue, string kind)
    {
        JsonProperty finding = residue.GetProperty(kind).EnumerateObject().First();
        string text = finding.Value.GetString()!;
        return finding.Name switch
        {
            "proven" => new Finding.ProvenEmpty(text),
            "nothingFound" => new Finding.NothingFound(text),
            "found" => new Finding.Found(text),
            _ => new Finding.NotProvable(text),
        };
    }

    private static MemoryLimit LimitOf(JsonElement json) => Enum.GetValues<MemoryLimit>().FirstOrDefault(limit => limit.Name() == Text(json, "limit"));

    private static TimeSpan Span(JsonElement json, string name) => TimeSpan.FromTicks(json.GetProperty(name).GetInt64() * TimeSpan.TicksPerMicrosecond);

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static string? Optional(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
