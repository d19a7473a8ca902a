using System.Globalization;
using System.Text;
using System.Text.Json;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>The mode <c>ledger</c>: answers each line of its input with what <c>isolation trace</c> tells root.</summary>
internal static class LedgerServer
{
    private const long MostToCopy = 64 << 20;

    public static int Serve()
    {
        using Descriptor input = new(0), output = new(1);
        StringBuilder rest = new();
        byte[] buffer = new byte[256];
        while (Sys.TryRead(input, buffer, out _) is int count and > 0)
        {
            string[] pieces = rest.Append(Encoding.ASCII.GetString(buffer, 0, count)).ToString().Split('\n');
            rest.Clear().Append(pieces[^1]);
            foreach (string question in pieces[..^1])
                Sys.WriteAll(output, Encoding.Latin1.GetBytes(string.Concat(Answer(question.Split(' ')).Append(Ledger.End).Select(l => l + "\n"))));
        }

        return 0;
    }

    private static IEnumerable<string> Answer(string[] words) => words switch
    {
        ["payload", var id] when Guid.TryParse(id, out Guid known) => Trace("--json", "--payload", known.ToString()),
        ["text", var id] when Guid.TryParse(id, out Guid known) => Trace("--payload", known.ToString()),
        ["process", var pid, var time] => OfPayload(Last(time, "started", r => Ledger.Member(r, "pid") == pid)),
        ["account", var uid, var time] => OfPayload(Last(time, "admitted", r => Ledger.Member(r, "account", "uid") == uid)),
        ["refusals", var since] => Trace("--json").Where(l => l.Contains("\"type\":\"refused\"", StringComparison.Ordinal)
            && Ledger.Record(l) is { } record && Ledger.Member(record, "type") == "refused" && string.CompareOrdinal(Ledger.Member(record, "time"), since) >= 0),
        ["altered"] => Altered(),
        _ => [],
    };

    private static IEnumerable<string> OfPayload(JsonElement? record) => record is { } found ? Trace("--json", "--payload", Ledger.Member(found, "payload")) : [];

    // The last one before that time is the one: a number or an account is not lent again before its payload is over.
    private static JsonElement? Last(string time, string type, Func<JsonElement, bool> fits)
    {
        JsonElement? last = null;
        foreach (string line in Trace("--json").Where(l => l.Contains($"\"type\":\"{type}\"", StringComparison.Ordinal)))
        {
            if (Ledger.Record(line) is { } record && Ledger.Member(record, "type") == type && string.CompareOrdinal(Ledger.Member(record, "time"), time) <= 0 && fits(record))
                last = record;
        }

        return last;
    }

    private static IEnumerable<string> Trace(params string[] options)
    {
        using Running client = Running.Start(Programs.Client, ["trace", .. options], CallerEnvironment.Entries());
        client.EndInput();
        foreach (string line in client.Lines(60))
            yield return line;
    }

    private static IEnumerable<string> Altered()
    {
        string source = ServiceView.LedgerDirectory(CallerEnvironment.Entries());
        string[] segments = [.. Kernel.Names(source).Where(n => n.EndsWith(".ndjson", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        if (segments.Length == 0)
            return [$"there is no ledger in {source}"];
        if (segments.Sum(s => new FileInfo($"{source}/{s}").Length) is var bytes and > MostToCopy)
            return [string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes are too many to copy")];
        string copy = Directory.CreateTempSubdirectory("separation-").FullName;
        try
        {
            foreach (string segment in segments)
                Write($"{copy}/{segment}", Shared($"{source}/{segment}"));
            string last = $"{copy}/{segments[^1]}";
            // Whole lines: a record may just be on its way.
            byte[] whole = File.ReadAllBytes(last);
            whole = whole[..(whole.AsSpan().LastIndexOf((byte)'\n') + 1)];
            if (whole.Count(b => b == '\n') < 4)
                return ["the last segment has too few records to take one out"];
            string Verified(string what, byte[] bytes)
            {
                Write(last, bytes);
                return $"{what}: {Verify(copy)}";
            }

            return
            [
                Verified("unchanged", whole),
                Verified("one digit changed", Changed(whole)),
                Verified("one record taken out", Without(whole)),
                Verified("the last record cut in two", whole[..^9]),
            ];
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    // The service has its own lock on the file that it writes.
    private static byte[] Shared(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static void Write(string path, byte[] bytes) => File.WriteAllBytes(path, bytes);

    private static byte[] Changed(byte[] lines)
    {
        byte[] changed = [.. lines];
        int at = changed.AsSpan().LastIndexOf("\"monotonic\":"u8) + 12;
        changed[at] = changed[at] == '9' ? (byte)'8' : (byte)(changed[at] + 1);
        return changed;
    }

    private static byte[] Without(byte[] lines)
    {
        int end = lines.AsSpan(0, lines.Length - 1).LastIndexOf((byte)'\n') + 1, begin = lines.AsSpan(0, end - 1).LastIndexOf((byte)'\n') + 1;
        return [.. lines[..begin], .. lines[end..]];
    }

    private static string Verify(string directory)
    {
        using Running client = Running.Start(Programs.Client, ["trace", "verify", directory], CallerEnvironment.Entries());
        client.EndInput();
        string told = string.Join(' ', client.Lines(20).Take(1));
        return $"exit code {client.Wait(20)?.Value ?? -1} {told} {client.Errors}".Trim();
    }
}
