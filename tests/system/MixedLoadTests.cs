using System.Diagnostics;
using Xunit.Abstractions;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: sixteen clients ask for whatever they like while clients, isolationd and the warden are killed at random: every client that lives gets exactly one
/// ending, and the right one; each admitted payload has one ending on record, every account is given back, and nothing is left. ISOLATION_SOAK=10m is longer.
/// </summary>
public sealed class MixedLoadTests(ITestOutputHelper output)
{
    private const int Clients = 16;
    private const uint FirstUid = 2_110_000, LastUid = 2_119_999;

    private static readonly string Policy = LogOnlyService.Policy.Replace("2100000-2100999", $"{FirstUid}-{LastUid}", StringComparison.Ordinal);

    [SkippableTheory]
    [InlineData("private", 0.75)]
    [InlineData("classic", 0.25)]
    public async Task KillsAtRandomLoseNothingAndLeaveNothing(string room, double part)
    {
        LoadPlan plan = LoadPlan.Read(part);
        output.WriteLine($"ISOLATION_SOAK_SEED={plan.Seed}, {plan.Length.TotalSeconds:0} s of {room} rooms");
        using Service service = Service.Start(Policy.Replace("{ room: classic }", $"{{ room: {room} }}", StringComparison.Ordinal), place: "/opt");
        try
        {
            Stock(service);
            int daemonBefore = Descriptors(service.Daemon.Id), wardenBefore = Descriptors(service.Warden!.Value);
            Disasters disasters = new(service, new Random(plan.Seed));
            LoadClient[] clients = [.. Enumerable.Range(0, Clients).Select(i => new LoadClient(service, i % 4 == 0 ? Site.PilotB : Site.PilotA, i, new Random(unchecked(plan.Seed + i + 1)), disasters))];
            var time = Stopwatch.StartNew();
            using (CancellationTokenSource over = new(plan.Length))
            {
                Task kills = Task.Run(() => disasters.RunAsync(over.Token));
                Task load = Task.WhenAll(clients.Select(c => Task.Run(() => c.RunAsync(over.Token))));
                await kills;
                await load;
            }

            LoadResult[] results = [.. clients.SelectMany(c => c.Results)];
            LoadAudit audit = new(service, results, (FirstUid, LastUid));
            Tell(service, results, disasters, audit, time.Elapsed);
            string[] faults = [.. clients.SelectMany(c => c.Faults)];
            Assert.True(faults.Length == 0, $"ISOLATION_SOAK_SEED={plan.Seed}: {faults.Length} faults\n{string.Join('\n', faults.Take(30))}");
            audit.AssertAll();
            Stock(service);
            Until.True(() => Descriptors(service.Daemon.Id) <= daemonBefore + 5, 5, () => $"isolationd had {daemonBefore} descriptors and has {Descriptors(service.Daemon.Id)}");
            Until.True(() => Descriptors(service.Warden!.Value) <= wardenBefore + 5, 5, () => $"the warden had {wardenBefore} descriptors and has {Descriptors(service.Warden!.Value)}");
        }
        finally
        {
            // What payloads leave in a place that is everybody's stays, and is on record.
            foreach (string place in (string[])["/tmp", "/var/tmp", "/dev/shm"])
                foreach (string left in Directory.GetFileSystemEntries(place, "iso-soak-*"))
                    Process.Start("rm", ["-rf", left]).WaitForExit();
        }
    }

    private void Tell(Service service, LoadResult[] results, Disasters disasters, LoadAudit audit, TimeSpan time)
    {
        output.WriteLine($"{results.Length} by {Clients} clients in {time.TotalSeconds:0} s, {results.Count(r => r.WasDisturbed)} of them with a kill meanwhile");
        output.WriteLine("kills: " + string.Join(", ", disasters.Counts.Select(c => $"{c.Value} of {c.Key}").Append($"{results.Count(r => r.WasKilled)} of clients")) + $"; ready again after {disasters.Back.TotalSeconds:0.0} s on the average");
        output.WriteLine("asked for: " + string.Join(", ", results.CountBy(r => r.Job.Kind).OrderByDescending(k => k.Value).Select(k => $"{k.Value} {k.Key}")));
        output.WriteLine("other exit codes than when nobody is killed: "
            + string.Join(", ", results.Where(r => !r.WasKilled && r.Code != r.Job.Code).CountBy(r => r.Code).OrderBy(k => k.Key).Select(k => $"{k.Value} × {k.Key}")));
        output.WriteLine("slowest: " + string.Join(", ", results.OrderByDescending(r => r.Time).Take(8).Select(r => $"{r.Time.TotalSeconds:0.0} s {r.Job.Kind} {r.Code}{(r.WasDisturbed ? " with a kill" : "")} {r.Id}")));
        output.WriteLine($"on record: {service.Count("admitted")} admitted, {service.Count("started")} started, {service.Count("ended")} ended: {audit.Endings()}");
    }

    // Rooms built ahead are the warden's to keep: it begins with the first payload that it sees.
    private static void Stock(Service service)
    {
        service.Shell.Bash("$A run -- true").Silent();
        Until.True(() => service.WarmRooms() == 4, 20, () => $"{service.WarmRooms()} rooms built ahead\n{service.Log}");
    }

    private static int Descriptors(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length;
}
