using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>What one client of a load came to.</summary>
internal sealed record LoadResult(LoadJob Job, int Code, byte[] Output, string Errors, string Status, bool WasKilled, bool WasDisturbed)
{
    /// <summary>From before the client's start to after its end.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>The exit code of the other process that waited for the same payload; null where there was none.</summary>
    public int? OtherCode { get; init; }

    /// <summary>The payload's id, where the client has told one.</summary>
    public string? Id => States.Select(s => s.TryGetProperty("id", out JsonElement id) ? id.GetString() : null).FirstOrDefault(id => !string.IsNullOrEmpty(id));

    /// <summary>What the client has told on its status channel.</summary>
    public JsonElement[] States => [.. Status.Split('\n')[..^1].Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The last of it, without figures.</summary>
    public string Short => string.Join(' ', States.Select(s => $"{s.GetProperty("state")} {(s.TryGetProperty("id", out JsonElement id) ? id : "")} {(s.TryGetProperty("ending", out JsonElement ending) ? ending : "")}"));

    /// <summary>What is wrong with it, or null.</summary>
    public string? Fault()
    {
        if (WasKilled)
            return null;
        if (Code != Job.Code)
        {
            if (!WasDisturbed || !Job.MayEndWith(Code))
                return $"exit code {Code} where {Job.Code} was due";
            if (Code is 242 or 244 && Job.Runs && Output.Length > 0)
                return $"exit code {Code} says that nothing has run, and it has printed {Output.Length} bytes";
        }
        else if (Job.Output is { } output && !output.AsSpan().SequenceEqual(Output))
        {
            return $"{Output.Length} bytes of output, not the {output.Length} that were due";
        }
        else if (Job.Fetched is (string file, byte[] content) && !(File.Exists(file) && File.ReadAllBytes(file).AsSpan().SequenceEqual(content)))
        {
            return "what was fetched is not what the payload wrote";
        }

        int endings = States.Count(s => s.GetProperty("state").GetString() == "ended");
        if (Job.Runs && Job.Code != 240 && endings != 1)
            return $"{endings} endings on its status channel";
        return OtherCode is int other && other != Code && !(WasDisturbed && (other is 242 || Code is 242 or 244))
            ? $"who waited for it was told {other}, the client itself {Code}"
            : null;
    }
}
