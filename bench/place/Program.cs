using System.Diagnostics;
using System.Globalization;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

// place PID ROUNDS: finds a place for payloads of a process, as the warden does at each entry, and makes the same leaf without looking for it.
// Prints the position, and the microseconds of both for each round.
if (args.Length != 2 || !int.TryParse(args[0], CultureInfo.InvariantCulture, out int pid) || !int.TryParse(args[1], CultureInfo.InvariantCulture, out int rounds))
{
    Console.Error.WriteLine("usage: place PID ROUNDS");
    return 64;
}

using PidFd? client = PidFd.TryOpen(pid, out int errno);
if (client is null)
{
    Console.Error.WriteLine($"place: process {pid}: {ErrnoText.Of(errno)}");
    return 1;
}

CgroupLayout layout = CgroupLayout.Read();
ServiceSlice slice = new(layout, string.Create(CultureInfo.InvariantCulture, $"isolation-bench-{Environment.ProcessId}"), "");
HashSet<CounterKind> all = [];
// Only the hierarchies and the slice are looked at, and of the entry the client, its limits and what is demanded of the place.
CellHost host = new(null!, null!, "", "", layout, slice, all, null!, null!, null!, "", TimeProvider.System);
Entry entry = new(new PayloadId(Guid.CreateVersion7()), new Account(new UserId(65534), new GroupId(65534), [], null), Limits.None, PlacementDemand.Default, null!, client);
List<double> found = [], made = [];
Position position = default;
try
{
    for (int i = 0; i < rounds; i++)
    {
        string name = ProcessCgroups.LeafName(Guid.CreateVersion7());
        LeafPlan? plan = null;
        long start = Stopwatch.GetTimestamp();
        PlaceResult result = PlaceFinder.Find(host, entry, name, planned => plan = planned);
        found.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        if (result is not PlaceResult.Placed placed)
        {
            Console.Error.WriteLine($"place: {((PlaceResult.Nowhere)result).Answer.Cause}");
            return 1;
        }

        position = placed.Placement.Position;
        Remove(placed.Leaf);
        start = Stopwatch.GetTimestamp();
        Leaf bare = Leaf.Create(plan!, all);
        made.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        Remove(bare);
    }
}
finally
{
    slice.Remove();
}

Console.WriteLine(position.Name());
foreach (List<double> series in (List<double>[])[found, made])
    Console.WriteLine(string.Join(' ', series.Select(micros => micros.ToString("F1", CultureInfo.InvariantCulture))));
return 0;

static void Remove(Leaf leaf)
{
    string? left = leaf.Remove();
    leaf.Dispose();
    if (left is not null)
        throw new InvalidOperationException(left);
}
