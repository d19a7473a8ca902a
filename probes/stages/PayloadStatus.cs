using System.Text.Json;

namespace Isolation.Probes;

/// <summary>What the status channel told of a payload.</summary>
/// <param name="Id">Its id, empty where the service gave none.</param>
/// <param name="Level">Its level, and its kind of room where it has one.</param>
/// <param name="Pid">Its main process as the service sees it, -1 where it never ran.</param>
/// <param name="Uid">Its account, -1 where it has none.</param>
/// <param name="Cgroup">Its leaf.</param>
/// <param name="Ending">How it ended, in words; empty while it runs.</param>
/// <param name="Raw">The last line itself.</param>
internal sealed record PayloadStatus(string Id, string Level, string Room, int Pid, long Uid, string Cgroup, string Ending, string Raw)
{
    /// <summary>Reads the last whole line of a status file; null where there is none.</summary>
    public static PayloadStatus? Read(string? file)
    {
        if (file is null)
            return null;
        string[] lines = Kernel.Text(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0)
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(lines[^1]);
            JsonElement root = document.RootElement;
            long uid = root.TryGetProperty("account", out JsonElement account) && account.TryGetProperty("uid", out JsonElement number) ? number.GetInt64() : -1;
            return new PayloadStatus(Text(root, "id"), Text(root, "level"), Text(root, "room"), root.TryGetProperty("pid", out JsonElement pid) ? pid.GetInt32() : -1, uid,
                Text(root, "cgroup"), root.TryGetProperty("ending", out JsonElement ending) ? Printable.Of(ending.GetRawText()) : "", Printable.Of(lines[^1]));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Text(JsonElement root, string name)
        => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? Printable.Of(value.GetString()!) : "";
}
