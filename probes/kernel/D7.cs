using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>D7. Asked by the pilot: what a start makes of odd words. Bare, a line of a naive log stands for the record.</summary>
internal static class D7
{
    public static readonly Probe Probe = new("D7", "break the start or what is told of it with odd arguments", Run) { Place = Place.Pilot };

    private static void Run(Attack attack)
    {
        string status = Path.Combine(attack.Target["pilot.dir"], "odd-status");
        if (attack.Target.Has("bare"))
        {
            Told.Check(attack, "a naive log's line", $"started {Told.Hostile}\n");
            return;
        }

        foreach ((string what, string[] words) in new (string, string[])[]
        {
            ("newline, escape and JSON in an argument", ["/bin/true", Told.Hostile]),
            ("an argument of 120,000 bytes", ["/bin/true", new string('x', 120_000)]),
            ("2,000 arguments and an empty one", ["/bin/true", "", .. Enumerable.Repeat("y\n", 2000)]),
        })
        {
            string file = status + what.Length;
            using Running client = Running.Start(Programs.Client, ["run", "--status-file", file, "--tag", "note=" + what, "--", .. words], CallerEnvironment.Entries());
            client.EndInput();
            ChildEnd? end = client.Wait(15);
            if (end is not { IsExit: true, Value: 0 })
                attack.Broke(what, $"ended with {end?.Value}: {client.Errors}");
            else
                Told.Check(attack, what, Kernel.Text(file));
            Kernel.Remove(file);
        }
    }
}
