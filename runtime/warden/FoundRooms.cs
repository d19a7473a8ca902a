using System.Collections.Concurrent;
using System.Text;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Warden;

/// <summary>
/// The rooms of an earlier warden on this run directory, found by their tickets. What was told to start is kept, what was not is removed, and what this warden
/// cannot read or reach is left alone and told. A front is listened to when all have been looked at, or soon: one cell-init that does not answer holds up only
/// whoever asks for its room.
/// </summary>
internal sealed class FoundRooms(CellHost host, IReadOnlyDictionary<Level, IHostIsolator> isolators, RoomKeeper rooms, WardenLog log)
{
    private const int AtOnce = 64; // each mostly waits for its cell-init
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<Guid, bool> _leftAlone = new();
    private int _kept, _ended, _removed;

    /// <summary>Looks at each of them; completes when it has, or after a while, and then goes on.</summary>
    internal Task TakeOverAsync()
    {
        List<(byte[] Name, IDisposable? Looking)> each = [.. Names(host.Rooms).Select(name => (name, CellOf(name) is Guid cell ? rooms.Look(cell) : null))];
        return Task.WhenAny(LookAtEachAsync(each), Task.Delay(Patience, host.Clock));
    }

    private async Task LookAtEachAsync(List<(byte[] Name, IDisposable? Looking)> each)
    {
        await Parallel.ForEachAsync(each, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) =>
        {
            using (one.Looking)
                await LookAtAsync(one.Name).ConfigureAwait(false);
        }).ConfigureAwait(false);
        int scratches = RemoveStrayScratches();
        if (_kept + _removed + _leftAlone.Count + scratches > 0)
            log.Write($"of an earlier warden: {_kept} payloads kept, {_ended} of them over; {_removed} rooms in which nothing was started and {scratches} scratches of nobody's removed; {_leftAlone.Count} rooms left alone");
    }

    private async Task LookAtAsync(byte[] name)
    {
        try
        {
            switch (TicketFile.Find(host.Rooms, name))
            {
                case FoundTicket.Whole { File: TicketFile file }:
                    await TakeOverAsync(file).ConfigureAwait(false);
                    break;
                case FoundTicket.Unreadable unreadable:
                    LeaveAlone(unreadable.Cell, $"its ticket cannot be read: {unreadable.Why}");
                    break;
            }
        }
        catch (Exception e)
        {
            // One directory that nobody understands keeps nobody from the others.
            if (CellOf(name) is Guid cell)
                LeaveAlone(cell, e.Message);
        }
    }

    private async Task TakeOverAsync(TicketFile file)
    {
        CellTicket ticket = file.Ticket;
        try
        {
            Reattached found = ticket.BootId != host.BootId
                ? new Reattached.Gone(new RoomRemains(host, file).Remove()) // the machine has ended it, and will not tell how
                : isolators.Values.FirstOrDefault(i => i.Description.Level.Name() == ticket.Level && i.Description.RoomKinds.Contains(ticket.Kind)) is IHostIsolator isolator
                ? await isolator.ReattachAsync(file).ConfigureAwait(false)
                : NoIsolator(file);
            CrashPoint.Reach("warden: found: taken over");
            switch (found)
            {
                case Reattached.Live { Cell: IHostCell cell }:
                    Interlocked.Increment(ref _kept);
                    if (cell.Observed.IsCompleted)
                        Interlocked.Increment(ref _ended);
                    rooms.Keep(cell, new RoomKey(LevelOf(ticket), ticket.Kind));
                    break;
                case Reattached.Gone gone:
                    Interlocked.Increment(ref _removed);
                    if (gone.Left is string left)
                    {
                        rooms.LeaveAlone(ticket.Cell, $"it could not be removed at once: {left}");
                        log.Write($"cell {ticket.Cell}, of an earlier warden, could not be removed at once: {left}");
                    }

                    break;
                case Reattached.Unreadable unreadable:
                    LeaveAlone(ticket.Cell, unreadable.Why);
                    break;
                case Reattached.Silent silent:
                    LeaveAlone(ticket.Cell, silent.Why);
                    break;
            }
        }
        catch (Exception e)
        {
            // Of this room nothing more is known; the others are looked at all the same.
            LeaveAlone(ticket.Cell, e.Message);
        }
    }

    private static Reattached.Silent NoIsolator(TicketFile file)
    {
        file.Dispose();
        return new Reattached.Silent($"this warden has no isolator of level {PrintableText.Of(file.Ticket.Level)}, kind {PrintableText.Of(file.Ticket.Kind)}");
    }

    private void LeaveAlone(Guid cell, string why)
    {
        _leftAlone[cell] = true;
        rooms.LeaveAlone(cell, why);
        log.Write($"left alone: cell {cell}, of an earlier warden: {why}. Fix: when its payload is over, remove {host.Run}/rooms/{cell:D} by hand.");
    }

    // A ticket goes last: whoever has none has no room, and nobody else makes directories there.
    private int RemoveStrayScratches()
    {
        int removed = 0;
        foreach (byte[] name in Names(host.Scratch))
        {
            if (CellOf(name) is not Guid cell || _leftAlone.ContainsKey(cell) || HasRoom(name))
                continue;
            using Scratch scratch = Scratch.Find(host, cell);
            if (scratch.Remove(TimeSpan.FromSeconds(5)) is string left)
                log.Write($"{scratch.Path}, of nobody's, could not be removed: {left}. Fix: remove it by hand.");
            else
                removed++;
        }

        return removed;
    }

    private bool HasRoom(byte[] name) => Sys.TryCachedStatusAt(host.Rooms, name, out _) is not null;

    private static Guid? CellOf(byte[] name) => Guid.TryParseExact(Encoding.ASCII.GetString(name), "D", out Guid cell) ? cell : null;

    private static List<byte[]> Names(Descriptor directory)
    {
        List<byte[]> names = [];
        DirectoryNames.Rewind(directory);
        for (List<byte[]> some = DirectoryNames.ReadSome(directory); some.Count > 0; some = DirectoryNames.ReadSome(directory))
            names.AddRange(some);
        return names;
    }

    private Level LevelOf(CellTicket ticket) => isolators.First(pair => pair.Value.Description.Level.Name() == ticket.Level).Key;
}
