using System.Text.Json;
using Isolation.Linux;

namespace Isolation.Cells.Tests;

/// <summary>A ticket is its owner's alone, is there whole or not at all, and takes its directory along.</summary>
public sealed class TicketFileTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("tickets").FullName;
    private readonly Descriptor _rooms;
    private readonly CellTicket _ticket = new()
    {
        Cell = Guid.CreateVersion7(), Level = "setuid", Kind = "classic", Secret = [1, 2, 3], BootId = "boot",
    };

    public TicketFileTests() => _rooms = Sys.Open(null, _path, Sys.O_RDONLY | Sys.O_DIRECTORY);

    private string Room => $"{_path}/{_ticket.Cell:D}";

    [Fact]
    public void It_is_written_at_once_and_nobody_elses_to_read()
    {
        using TicketFile file = TicketFile.Create(_rooms, _ticket);
        Assert.Equal((UnixFileMode)0x1c0, File.GetUnixFileMode(Room));
        Assert.Equal((UnixFileMode)0x180, File.GetUnixFileMode(Room + "/ticket"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Room + "/ticket"));
        Assert.Equal(1, json.RootElement.GetProperty("version").GetInt32());
        Assert.Equal(_ticket.Cell, json.RootElement.GetProperty("cell").GetGuid());
        Assert.Equal("AQID", json.RootElement.GetProperty("secret").GetString());
        Assert.False(json.RootElement.TryGetProperty("ending", out _));
        Assert.Null(file.Remove());
        Assert.Empty(Directory.GetFileSystemEntries(_path));
    }

    [Fact]
    public void Another_ticket_takes_the_place_of_the_one_there()
    {
        using TicketFile file = TicketFile.Create(_rooms, _ticket);
        file.Write(file.Ticket with { Ending = new TicketEnding("exited", 3, "none", true, null, new() { ["wallMicroseconds"] = 1 }, null) });
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Room + "/ticket"));
        Assert.Equal(3, json.RootElement.GetProperty("ending").GetProperty("value").GetInt32());
        Assert.Equal(3, file.Ticket.Ending!.Value);
        Assert.Single(Directory.GetFileSystemEntries(Room));
    }

    [Fact]
    public void Who_only_looks_changes_nothing()
    {
        byte[] name = System.Text.Encoding.ASCII.GetBytes(_ticket.Cell.ToString("D"));
        Assert.True(TicketFile.TryLook(_rooms, name, out CellTicket? none));
        Assert.Null(none);
        Directory.CreateDirectory(Room); // its ticket is about to be written
        Assert.True(TicketFile.TryLook(_rooms, name, out none));
        Assert.Null(none);
        Assert.True(Directory.Exists(Room));
        Directory.Delete(Room);
        using TicketFile file = TicketFile.Create(_rooms, _ticket with { Image = "5f" });
        Assert.True(TicketFile.TryLook(_rooms, name, out CellTicket? ticket));
        Assert.Equal("5f", ticket!.Image);
        File.WriteAllText(Room + "/ticket", "{");
        Assert.False(TicketFile.TryLook(_rooms, name, out _));
    }

    [Fact]
    public void A_cell_that_is_there_already_is_not_touched()
    {
        using TicketFile first = TicketFile.Create(_rooms, _ticket);
        Assert.Equal(Errno.EEXIST, Assert.Throws<SyscallException>(() => TicketFile.Create(_rooms, _ticket with { Level = "vm" })).Errno);
        Assert.Contains("setuid", File.ReadAllText(Room + "/ticket"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ticket.new")]
    [InlineData("control")]
    public void A_directory_whose_ticket_was_not_written_yet_or_is_gone_already_goes(string left)
    {
        Directory.CreateDirectory(Room);
        File.WriteAllText($"{Room}/{left}", "");
        Assert.IsType<FoundTicket.NoRoom>(TicketFile.Find(_rooms, System.Text.Encoding.ASCII.GetBytes(_ticket.Cell.ToString("D"))));
        Assert.Empty(Directory.GetFileSystemEntries(_path));
    }

    [Fact]
    public void What_somebody_put_into_the_directory_is_told_and_stays()
    {
        using TicketFile file = TicketFile.Create(_rooms, _ticket);
        File.WriteAllText(Room + "/stranger", "");
        Assert.Contains("not empty", file.Remove(), StringComparison.OrdinalIgnoreCase);
        File.Delete(Room + "/stranger");
        Assert.Null(file.Remove());
        Assert.Null(file.Remove());
    }

    [Fact]
    public void A_closed_ticket_touches_no_other_file()
    {
        TicketFile file = TicketFile.Create(_rooms, _ticket);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Remove());
        Assert.Throws<ObjectDisposedException>(() => file.Write(file.Ticket));
        Assert.True(File.Exists(Room + "/ticket"));
    }

    public void Dispose()
    {
        _rooms.Dispose();
        Directory.Delete(_path, recursive: true);
    }
}
