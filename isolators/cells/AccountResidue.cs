using System.Globalization;
using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>
/// Looks for what a payload account left on the host in places that it shares with it: IPC objects, and files at the top of the directories that it can
/// write; at <c>classic</c> those that everybody can, in a private room those that the site leaves writable. Nothing is removed: an account with residue is
/// not lent again.
/// </summary>
internal sealed class AccountResidue
{
    private const int MostExamples = 5;
    private const int MostNames = 20_000;

    /// <summary>The places of a host that everybody can write.</summary>
    internal static readonly string[] OfEverybody = ["/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"];

    private static readonly string[] Tables = ["shm", "sem", "msg"];

    // A directory's ctime moves with every name that comes or goes, but by the clock's tick: one that has just moved may not move again.
    private const long Settled = 50_000_000; // nanoseconds
    private static readonly Finding NoIpc = new Finding.ProvenEmpty("ipc namespace"), NoPlaces = new Finding.ProvenEmpty("mount namespace, read-only");
    private readonly bool _ipc;
    private readonly string[] _places;
    private readonly long?[] _changed;

    private AccountResidue(TicketSearch search, long?[] changed) => (_ipc, _places, _changed) = (search.Ipc, search.Places, changed);

    /// <summary>Remembers the places before the payload can write there: what has not changed since need not be searched.</summary>
    internal static AccountResidue Watch(TimeProvider clock, TicketSearch search)
    {
        long now = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        return new AccountResidue(search, [.. search.Places.Select(place => ChangedAt(place) is long changed && now - changed > Settled ? changed : (long?)null)]);
    }

    /// <summary>Where nobody has remembered them, every place is searched.</summary>
    internal static AccountResidue Everywhere(TicketSearch search) => new(search, new long?[search.Places.Length]);

    /// <summary>Looks now.</summary>
    internal SharedPlaces Search(UserId uid) => new(_ipc ? SystemV(uid) : NoIpc, _places.Length > 0 ? Files(uid) : NoPlaces);

    private static Finding SystemV(UserId uid)
    {
        List<string> found = [];
        foreach (string table in Tables)
        {
            int column = -1;
            foreach (string line in File.ReadLines($"/proc/sysvipc/{table}"))
            {
                string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (column < 0)
                    column = Array.IndexOf(fields, "uid");
                else if (column < fields.Length && fields[column] == uid.ToString())
                    found.Add($"{table} {fields[1]}");
            }
        }

        return found.Count == 0
            ? new Finding.NothingFound("System V IPC of the account")
            : new Finding.Found($"{found.Count} System V objects: {string.Join(", ", found.Take(MostExamples))}");
    }

    private Finding Files(UserId uid)
    {
        List<string> found = [];
        int looked = 0;
        for (int i = 0; i < _places.Length; i++)
        {
            string place = _places[i];
            if (_changed[i] is long before && ChangedAt(place) == before)
                continue;
            using Descriptor? directory = Sys.TryOpen(null, Encoding.UTF8.GetBytes(place), Sys.O_RDONLY | Sys.O_DIRECTORY, 0, out _);
            if (directory is null)
                continue;
            for (List<byte[]> names = DirectoryNames.ReadSome(directory); names.Count > 0; names = DirectoryNames.ReadSome(directory))
            {
                foreach (byte[] name in names)
                {
                    if (++looked > MostNames)
                        return new Finding.NotProvable(string.Create(CultureInfo.InvariantCulture, $"more than {MostNames} names in {string.Join(", ", _places)}"));
                    if (Sys.TryCachedStatusAt(directory, name, out _) is FileStatus status && status.Uid == uid.Value)
                        found.Add($"{place}/{PrintableText.Of(name)}");
                }
            }
        }

        return found.Count == 0
            ? new Finding.NothingFound($"the top of {string.Join(", ", _places)}")
            : new Finding.Found($"{found.Count} files: {string.Join(", ", found.Take(MostExamples))}");
    }

    private static long? ChangedAt(string place) => Sys.TryStatusAt(null, Encoding.UTF8.GetBytes(place), out _)?.ChangedNanoseconds;
}
