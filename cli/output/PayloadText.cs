using System.Globalization;

namespace Isolation.Cli;

/// <summary>A payload for people.</summary>
internal static class PayloadText
{
    /// <summary>A whole number, or null.</summary>
    public static string? Number(JsonView value) => value.Number?.ToString(CultureInfo.InvariantCulture);

    /// <summary>Level and kind of room.</summary>
    public static string? Level(JsonView payload) => payload["room"u8].Text is { } room ? $"{payload["level"u8].Text}/{room}" : payload["level"u8].Text;

    /// <summary>An account: its name where it has one, and its numbers.</summary>
    public static string? Account(JsonView account) => account["uid"u8].Number is not long uid ? null
        : account["name"u8].Text is { } name ? $"{name}({uid})"
        : string.Create(CultureInfo.InvariantCulture, $"{uid}");

    /// <summary>A pilot's batch job in a few words; marked where only the pilot says so.</summary>
    public static string? Job(JsonView job)
    {
        if (job["system"u8].Text is not { } system)
            return null;
        string name = job["id"u8].Text is { } id ? $"{system} {id}" : system;
        return job["evidence"u8].Text == "claim" ? $"{name} (claimed)" : name;
    }

    /// <summary>The job of a record's pilot: what the kernel showed, else what its environment claimed.</summary>
    public static string? RecordedJob(JsonView job)
        => Job(job) ?? (Job(job["claim"u8]) is { } claimed ? $"{claimed} (claimed)" : null);

    /// <summary>An ending in a few words.</summary>
    public static string Ending(JsonView ending)
    {
        string kind = ending["kind"u8].Text ?? "unknown";
        string? more = kind switch
        {
            "exited" => Number(ending["code"u8]),
            "signaled" => Number(ending["signal"u8]),
            "timed-out" => ending["limitMilliseconds"u8].Number is long limit ? DurationText.Of(limit) : null,
            "out-of-memory" => $"at the limit of: {ending["limit"u8].Text}{(ending["victim"u8].Text is { } victim ? $"; {victim}" : "")}",
            "refused" => $"by {ending["rule"u8].Text}: {ending["why"u8].Text}",
            "setup-failed" => $"at {ending["step"u8].Text}: {ending["why"u8].Text}",
            _ => ending["why"u8].Text,
        };
        return more is null ? kind : $"{kind} {more}";
    }

    /// <summary>Everything, a line each.</summary>
    public static string All(JsonView payload)
    {
        Columns facts = new();
        foreach ((string name, JsonView value) in payload.Members)
        {
            if (Shown(name, value) is { } text)
                facts.Add(name, text);
        }

        return facts.Text();
    }

    private static string? Shown(string name, JsonView value) => name switch
    {
        "detached" => value.IsTrue ? "yes: it does not end with its client" : null,
        "account" => Account(value) is { } account
            ? $"{account}, gid {Number(value["gid"u8])}, groups {string.Join(" ", value["groups"u8].Items.Select(Number))}"
            : null,
        "job" => Job(value),
        "placement" => PlacementText.Of(value),
        "limits" => PlacementText.Limits(value),
        "tags" => string.Join(", ", value.Members.Select(t => $"{t.Name}={t.Value.Text}")),
        "ending" => value.IsNull ? null : Ending(value),
        "usage" => value.IsNull ? null : Usage(value),
        _ => value.Text ?? Number(value),
    };

    private static string Usage(JsonView usage)
    {
        string Seconds(JsonView microseconds) => microseconds.Number is long value
            ? string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.000} s")
            : "not available";
        string memory = usage["memoryPeakBytes"u8].Number is long bytes ? SizeText.Of(bytes) : "not available";
        string text = $"cpu {Seconds(usage["cpuUserMicroseconds"u8])} user, {Seconds(usage["cpuSystemMicroseconds"u8])} system; "
            + $"wall {Seconds(usage["wallMicroseconds"u8])}; memory peak {memory}";
        // The rest is told where it says something; all of it is in the JSON.
        if (usage["cpuThrottledMicroseconds"u8].Number is > 0)
            text += $"; throttled {Seconds(usage["cpuThrottledMicroseconds"u8])}";
        if (usage["outOfMemoryKills"u8].Number is > 0 and long kills)
            text += $"; killed for want of memory {kills.ToString(CultureInfo.InvariantCulture)}";
        if (usage["ioReadBytes"u8].Number is long read && usage["ioWrittenBytes"u8].Number is long written)
            text += $"; read {SizeText.Of(read)}, written {SizeText.Of(written)}";
        return text;
    }
}
