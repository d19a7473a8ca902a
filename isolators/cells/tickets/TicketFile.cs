using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The directory RUN/rooms/ID and the ticket in it.</summary>
public sealed class TicketFile : IDisposable
{
    private static readonly byte[] Name = "ticket"u8.ToArray();
    private static readonly byte[] NewName = "ticket.new"u8.ToArray();
    private static readonly byte[] SocketName = "control"u8.ToArray();
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const int LongestTicket = 256 << 10;

    /// <summary>A directory in RUN/rooms/ID for whoever builds the room: nobody needs what is in it once the room is there, and with the ticket it goes.</summary>
    public const string BuilderName = "builder";

    private readonly Lock _turn = new();
    private readonly Descriptor _rooms;
    private byte[] _directoryName;

    private TicketFile(Descriptor rooms, byte[] directoryName, Descriptor directory, CellTicket ticket)
        => (_rooms, _directoryName, Directory, Ticket) = (rooms, directoryName, directory, ticket);

    /// <summary>RUN/rooms/ID.</summary>
    public Descriptor Directory { get; }

    /// <summary>What the file holds.</summary>
    public CellTicket Ticket { get; private set; }

    /// <summary>The path of the control socket, short however long RUN is; valid while this object is held.</summary>
    public string SocketPath => $"/proc/self/fd/{Directory.Number}/control";

    /// <summary>Makes the directory, which must be new, and writes the ticket.</summary>
    public static TicketFile Create(Descriptor rooms, CellTicket ticket)
    {
        byte[] name = NameOf(ticket.Cell);
        Sys.MakeDirectoryAt(rooms, name, 0x1c0);
        CrashPoint.Reach("warden: ticket: directory made");
        Descriptor? directory = Sys.TryOpen(rooms, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out int errno);
        if (directory is null)
        {
            _ = Sys.TryUnlink(rooms, name, isDirectory: true, out _);
            throw new SyscallException("open", $"rooms/{ticket.Cell:D}", errno);
        }

        TicketFile file = new(rooms, name, directory, ticket);
        try
        {
            file.Write(ticket);
            return file;
        }
        catch
        {
            _ = file.Remove();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Finds the one in a directory that an earlier warden has made.</summary>
    /// <param name="rooms">RUN/rooms.</param>
    /// <param name="name">A name in it.</param>
    public static FoundTicket Find(Descriptor rooms, byte[] name)
    {
        if (!Guid.TryParseExact(Encoding.ASCII.GetString(name), "D", out Guid cell))
            return new FoundTicket.NoRoom();
        if (Sys.TryOpen(rooms, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out int errno) is not Descriptor directory)
            return new FoundTicket.Unreadable(cell, ErrnoText.Of(errno));
        TicketFile? kept = null;
        try
        {
            using Descriptor? file = Sys.TryOpen(directory, Name, Sys.O_RDONLY | Sys.O_NOFOLLOW | Sys.O_NONBLOCK, 0, out errno);
            if (file is null && errno == Errno.ENOENT)
                return RemoveUnwritten(rooms, name, cell, directory);
            if (file is null)
                return new FoundTicket.Unreadable(cell, ErrnoText.Of(errno));
            CellTicket? ticket = CellTicket.TryRead(ReadAll(file), out string why);
            // The directory of a room that was built ahead gets its payload's name before the ticket does.
            if (ticket is { Payload: null, Start: null })
                ticket = ticket with { Cell = cell };
            if (ticket is not null && ticket.Cell != cell)
                return new FoundTicket.Unreadable(cell, $"it is the ticket of cell {ticket.Cell:D}");
            return ticket is null ? new FoundTicket.Unreadable(cell, why) : new FoundTicket.Whole(kept = new TicketFile(rooms, name, directory, ticket));
        }
        catch (SyscallException e)
        {
            return new FoundTicket.Unreadable(cell, e.Message);
        }
        finally
        {
            if (kept is null)
                directory.Dispose();
        }
    }

    /// <summary>Reads the ticket in a directory, and does nothing about what it finds.</summary>
    /// <param name="rooms">RUN/rooms.</param>
    /// <param name="name">A name in it.</param>
    /// <param name="ticket">The ticket; null where there is none, or none yet.</param>
    /// <returns>False where there is one that this program cannot read.</returns>
    public static bool TryLook(Descriptor rooms, byte[] name, out CellTicket? ticket)
    {
        ticket = null;
        using Descriptor? file = Sys.TryOpenBeneath(rooms, [.. name, (byte)'/', .. Name], Sys.O_RDONLY | Sys.O_NONBLOCK, 0, out int errno);
        if (file is null)
            return errno is Errno.ENOENT or Errno.ENOTDIR;
        ticket = CellTicket.TryRead(ReadAll(file), out _);
        return ticket is not null;
    }

    /// <summary>
    /// Puts another ticket in place of the one there, whole or not at all. Not flushed to disk: a machine that goes down takes the
    /// payload along.
    /// </summary>
    public void Write(CellTicket ticket) => Change(_ => ticket);

    /// <summary>As <see cref="Write"/>, of the one that is there: several may have something to add, each takes its turn.</summary>
    public void Change(Func<CellTicket, CellTicket> change)
    {
        lock (_turn)
            WriteNow(change(Ticket));
    }

    /// <summary>Gives directory and ticket another cell's name, which must be new; in the file it is from the next <see cref="Change"/> on.</summary>
    /// <exception cref="SyscallException">There is one of that name.</exception>
    public void Rename(Guid cell)
    {
        lock (_turn)
        {
            byte[] name = NameOf(cell);
            Sys.RenameAt(_rooms, _directoryName, _rooms, name);
            CrashPoint.Reach("warden: ticket: renamed");
            _directoryName = name;
            Ticket = Ticket with { Cell = cell };
        }
    }

    /// <summary>Remembers what the next <see cref="Change"/> is to hold as well; until then it is not on disk.</summary>
    public void Note(Func<CellTicket, CellTicket> change)
    {
        lock (_turn)
            Ticket = change(Ticket);
    }

    private void WriteNow(CellTicket ticket)
    {
        using (Descriptor target = Sys.TryOpen(Directory, NewName, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_TRUNC | Sys.O_NOFOLLOW, 0x180, out int errno)
            ?? throw new SyscallException("open", "ticket.new", errno))
        {
            Sys.WriteAll(target, ticket.ToJson());
        }

        CrashPoint.Reach("warden: ticket: written");
        CrashPoint.Reach("warden: ticket: start written", ticket.Start is not null && Ticket.Start is null);
        CrashPoint.Reach("warden: ticket: ending written", ticket.Ending is not null && Ticket.Ending is null);
        Sys.RenameAt(Directory, NewName, Directory, Name);
        Ticket = ticket;
    }

    /// <summary>Removes socket, ticket and directory: where it comes no further, the ticket tells of what is left.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public string? Remove()
    {
        if (RemoveBuilders(Directory, TimeProvider.System) is string left)
            return left;
        foreach (byte[] name in new[] { SocketName, NewName, Name })
            _ = Sys.TryUnlink(Directory, name, isDirectory: false, out _);
        CrashPoint.Reach("warden: ticket: removed");
        return Sys.TryUnlink(_rooms, _directoryName, isDirectory: true, out int errno) || errno == Errno.ENOENT
            ? null
            : $"rooms/{Encoding.ASCII.GetString(_directoryName)}: {ErrnoText.Of(errno)}";
    }

    /// <summary>Removes what the builder of a room has noted there; it goes before the ticket, since another warden would not find it without.</summary>
    /// <param name="room">RUN/rooms/ID.</param>
    /// <param name="clock">The clock.</param>
    /// <returns>What could not be removed, or null.</returns>
    public static string? RemoveBuilders(Descriptor room, TimeProvider clock)
    {
        byte[] name = Encoding.ASCII.GetBytes(BuilderName);
        using Descriptor? builders = Sys.TryOpen(room, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out _);
        if (builders is null)
            return null;
        return TreeRemoval.RemoveContent(builders, clock.GetUtcNow() + Patience, clock)
            ?? (Sys.TryUnlink(room, name, isDirectory: true, out int errno) ? null : $"{BuilderName}: {ErrnoText.Of(errno)}");
    }

    /// <summary>Closes the directory; it stays.</summary>
    public void Dispose() => Directory.Dispose();

    // A ticket is written before anything else is made, lies under another name until it is whole, and goes when all else is undone: here nothing is.
    private static FoundTicket RemoveUnwritten(Descriptor rooms, byte[] name, Guid cell, Descriptor directory)
    {
        foreach (byte[] left in new[] { SocketName, NewName }) // an older warden's ticket went before the socket
            _ = Sys.TryUnlink(directory, left, isDirectory: false, out _);
        return Sys.TryUnlink(rooms, name, isDirectory: true, out int errno) ? new FoundTicket.NoRoom() : new FoundTicket.Unreadable(cell, $"it has no ticket, and cannot be removed: {ErrnoText.Of(errno)}");
    }

    private static byte[] NameOf(Guid cell) => Encoding.ASCII.GetBytes(cell.ToString("D"));

    private static byte[] ReadAll(Descriptor file)
    {
        byte[] bytes = new byte[LongestTicket + 1];
        int length = 0;
        while (length < bytes.Length && Sys.Read(file, bytes.AsSpan(length)) is int count and > 0)
            length += count;
        return bytes[..length]; // one that is longer is no JSON
    }
}
