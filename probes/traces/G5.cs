using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>G5. As D7, in the records. Bare, a line of a naive log stands for the record.</summary>
internal static class G5
{
    private const int LongestRecord = 128 << 10;

    public static readonly Probe Probe = new("G5", "put lines of its own into the records, or make them long, by its arguments, tags and subject", Run) { Place = Place.Pilot };

    private static void Run(Attack attack)
    {
        if (attack.Target.Has("bare"))
        {
            Told.Check(attack, "a naive log's line", $"{{\"type\":\"started\",\"argument\":\"{Told.Hostile}\"}}\n", 1);
            return;
        }

        if (attack.Outside?.Ledger is not { } ledger)
        {
            attack.Missing("read the records", "they are an operator's to read: run it as root");
            return;
        }

        foreach ((string what, string[] words) in new (string, string[])[]
        {
            ("newlines, escapes and JSON in an argument", ["/bin/true", Told.Hostile]),
            ("an argument of 120,000 bytes", ["/bin/true", new string('\u001b', 120_000)]),
            ("8,000 arguments", ["/bin/true", .. Enumerable.Repeat(Told.Hostile, 8000)]),
        })
        {
            string file = Path.Combine(attack.Target["pilot.dir"], $"injected-{what.Length}");
            using Running client = Running.Start(Programs.Client, ["run", "--status-file", file, "--tag", "note=" + Printable.Of(Told.Hostile), "--", .. words], CallerEnvironment.Entries());
            client.EndInput();
            ChildEnd? end = client.Wait(20);
            string id = PayloadStatus.Read(file)?.Id ?? "";
            Kernel.Remove(file);
            if (end is not { IsExit: true, Value: 0 })
                attack.Broke(what, $"ended with {end?.Value}: {client.Errors}");
            else
                Look(attack, what, ledger, id);
        }
    }

    private static void Look(Attack attack, string what, Ledger ledger, string id)
    {
        string[] records = [.. (ledger.Payload(id) ?? []).Select(r => r.GetRawText())];
        Told.Check(attack, what + ": the records", string.Concat(records.Select(r => r + "\n")), 3);
        if (records.Any(r => r.Length > LongestRecord))
            attack.Broke(what + ": the longest record", $"{records.Max(r => r.Length)} bytes");
        IReadOnlyList<string> text = ledger.Text(id) ?? [];
        if (text.Count != 4 || text.Any(Told.HasControls))
            attack.Broke(what + ": the records as they are printed", $"{text.Count} lines where 4 are due: {Printable.Of(string.Join(" | ", text))}");
        else
            attack.Held(what + ": the records as they are printed", "a line for each, printable");
    }
}
