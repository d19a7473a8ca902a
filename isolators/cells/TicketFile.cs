using System.Text;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The directory RUN/rooms/ID and the ticket in it.</summary>
public sealed class TicketFile : IDisposable
{
    private static readonly byte[] Name = "ticket"u8.ToArray();
    private static readonly byte[] NewName = "ticket.new"u8.ToArray();
    private static readonly byte[] SocketName = "control"u8.ToArray();
    private readonly Descriptor _rooms;
    private readonly byte[] _directoryName;

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
        byte[] name = Encoding.ASCII.GetBytes(ticket.Cell.ToString("D"));
        Sys.MakeDirectoryAt(rooms, name, 0x1c0);
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

    /// <summary>
    /// Puts another ticket in place of the one there, whole or not at all. Not flushed to disk: a machine that goes down takes the
    /// payload along.
    /// </summary>
    public void Write(CellTicket ticket)
    {
        using (Descriptor target = Sys.TryOpen(Directory, NewName, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_TRUNC | Sys.O_NOFOLLOW, 0x180, out int errno)
            ?? throw new SyscallException("open", "ticket.new", errno))
        {
            Sys.WriteAll(target, ticket.ToJson());
        }

        Sys.RenameAt(Directory, NewName, Directory, Name);
        Ticket = ticket;
    }

    /// <summary>Removes ticket, socket and directory.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public string? Remove()
    {
        foreach (byte[] name in new[] { Name, NewName, SocketName })
            _ = Sys.TryUnlink(Directory, name, isDirectory: false, out _);
        return Sys.TryUnlink(_rooms, _directoryName, isDirectory: true, out int errno) || errno == Errno.ENOENT
            ? null
            : $"rooms/{Encoding.ASCII.GetString(_directoryName)}: {ErrnoText.Of(errno)}";
    }

    /// <summary>Closes the directory; it stays.</summary>
    public void Dispose() => Directory.Dispose();
}
