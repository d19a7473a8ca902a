using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>D7. Asked by the pilot: what a start makes of odd words. Bare, a line of a naive log stands for the record.</summary>
internal static class D7
{
    public static readonly Probe Probe = new("D7", "break the start or what is told of it with odd arguments", Run) { Place = Place.Pilot };

    private static void Run(Attack attack)
    {
        string hostile = "a\nb\u001b[2J\u001b]0;x\a{\"state\":\"ended\"}\u0000".TrimEnd('\0') + "\u202e\u00ff";
        string status = Path.Combine(attack.Target["pilot.dir"], "odd-status");
        if (attack.Target.Has("bare"))
        {
            Check(attack, "a naive log's line", $"started {hostile}\n");
            return;
        }

        foreach ((string what, string[] words) in new (string, string[])[]
        {
            ("newline, escape and JSON in an argument", ["/bin/true", hostile]),
            ("an argument of 120,000 bytes", ["/bin/true", new string('x', 120_000)]),
            ("2,000 arguments and an empty one", ["/bin/true", "", .. Enumerable.Repeat("y\n", 2000)]),
        })
        {
            string file = status + what.Length;
            using Running client = Running.Start(Programs.Client, ["run", "--status-file", file, "--tag", "note=" + what, "--", .. words], CallerEnvironment.Entries(), null);
            client.EndInput();
            ChildEnd? end = client.Wait(15);
            if (end is not { IsExit: true, Value: 0 })
                attack.Broke(what, $"ended with {end?.Value}: {client.Errors}");
            else
                Check(attack, what, Kernel.Text(file));
            Kernel.Remove(file);
        }
    }

    private static void Check(Attack attack, string what, string told)
    {
        string[] lines = told.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (told.Any(c => c is < ' ' and not '\n' or '\u007f') || lines.Length == 0 || lines.Any(l => !IsObject(l)))
            attack.Broke(what, $"{lines.Length} lines are told, not all of them JSON without control characters: {Printable.Of(Encoding.Latin1.GetBytes(told))}");
        else
            attack.Held(what, $"{lines.Length} lines of JSON");
    }

    private static bool IsObject(string line)
    {
        try
        {
            using System.Text.Json.JsonDocument document = System.Text.Json.JsonDocument.Parse(line);
            return document.RootElement.ValueKind == System.Text.Json.JsonValueKind.Object;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }
}
