using System.Text.Json;

namespace Isolation.Probes;

/// <summary>The findings for machines; the form is in docs/separation.md.</summary>
internal static class JsonReport
{
    public static byte[] Of(Findings findings)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", 1);
            json.WriteBoolean("good", findings.IsGood);
            json.WriteString("summary", Summary.Of(findings));
            json.WriteNumber("seconds", Math.Round(findings.Elapsed.TotalSeconds, 2));
            json.WriteStartObject("host");
            foreach ((string key, string value) in findings.Host)
                json.WriteString(key, value);
            json.WriteEndObject();
            json.WriteStartArray("levels");
            foreach (LevelRun level in findings.Levels)
                Write(json, level);
            json.WriteEndArray();
            json.WriteStartArray("probes");
            foreach (Probe probe in findings.Probes)
                Write(json, findings, probe);
            json.WriteEndArray();
            json.WriteStartArray("notYet");
            foreach ((string id, string why) in ProbeCatalog.NotYet)
            {
                json.WriteStartObject();
                json.WriteString("id", id);
                json.WriteString("why", why);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static void Write(Utf8JsonWriter json, LevelRun level)
    {
        json.WriteStartObject();
        json.WriteString("name", level.Name);
        json.WriteString("asked", level.Asked);
        json.WriteString("fault", level.Fault);
        json.WriteNumber("seconds", Math.Round(level.Elapsed.TotalSeconds, 2));
        json.WriteBoolean("claims", level.Claims);
        json.WriteNumber("attackerUid", level.Attacker?.Uid ?? -1);
        json.WriteNumber("victimUid", level.Victim?.Uid ?? -1);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Findings findings, Probe probe)
    {
        json.WriteStartObject();
        json.WriteString("id", probe.Id);
        json.WriteString("tries", probe.Tries);
        json.WriteString("selfTest", TableText.Word(findings.SelfTest(probe)));
        json.WriteString("noSelfTest", probe.NoSelfTest);
        Write(json, "unseparated", findings.Unseparated(probe));
        json.WriteStartArray("levels");
        foreach (LevelRun level in findings.Levels.Where(l => l.Fault is null))
        {
            IReadOnlyList<Attempt> attempts = Findings.Of(level, probe);
            json.WriteStartObject();
            json.WriteString("level", level.Name);
            json.WriteString("verdict", Judge.Words(Judge.Of(attempts)));
            Write(json, "attempts", attempts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<Attempt> attempts)
    {
        json.WriteStartArray(name);
        foreach (Attempt attempt in attempts)
        {
            json.WriteStartObject();
            json.WriteString("tried", attempt.Tried);
            json.WriteString("outcome", TableText.Words(attempt.Outcome));
            json.WriteString("seen", attempt.Seen);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
