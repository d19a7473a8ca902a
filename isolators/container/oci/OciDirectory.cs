using System.Globalization;
using System.Text;
using Isolation.Cells;
using Isolation.Linux;

namespace Isolation.Isolators.Container;

/// <summary>
/// RUN/rooms/ID/builder: the configuration of one container, and what its runtime notes there. Nobody needs it once the container's first process lives: from then
/// on the room is found and ended by its cgroup, its pid namespace and its cell-init, as every other.
/// </summary>
internal sealed class OciDirectory : IDisposable
{
    internal const string Configuration = "config.json", State = "state", Log = "log", Pid = "pid";
    private static readonly byte[] NameBytes = Encoding.ASCII.GetBytes(TicketFile.BuilderName);
    private readonly Descriptor _room;
    private readonly TimeProvider _clock;

    private OciDirectory(Descriptor room, Descriptor directory, TimeProvider clock) => (_room, Directory, _clock) = (room, directory, clock);

    /// <summary>It.</summary>
    internal Descriptor Directory { get; }

    /// <summary>Makes it, with the configuration.</summary>
    /// <param name="room">RUN/rooms/ID; borrowed.</param>
    /// <param name="spec">The configuration.</param>
    /// <param name="clock">The clock.</param>
    /// <exception cref="SyscallException">It cannot be made.</exception>
    internal static OciDirectory Make(Descriptor room, OciSpec spec, TimeProvider clock)
    {
        Sys.MakeDirectoryAt(room, NameBytes, 0x1c0);
        OciDirectory made = new(room, Sys.Open(room, TicketFile.BuilderName, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW), clock);
        try
        {
            using Descriptor file = Sys.Open(made.Directory, Configuration, Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL, 0x180);
            Sys.WriteAll(file, spec.ToJson());
            return made;
        }
        catch
        {
            _ = made.Remove();
            made.Dispose();
            throw;
        }
    }

    /// <summary>The number of the container's first process, as its runtime has written it; null where it has not.</summary>
    internal int? FirstPid()
    {
        using Descriptor? file = Sys.TryOpen(Directory, Encoding.ASCII.GetBytes(Pid), Sys.O_RDONLY | Sys.O_NOFOLLOW, 0, out _);
        Span<byte> text = stackalloc byte[16];
        int length = file is null ? 0 : Sys.Read(file, text);
        return int.TryParse(text[..length], CultureInfo.InvariantCulture, out int pid) && pid > 1 ? pid : null;
    }

    /// <summary>Removes it, where it is still there.</summary>
    /// <returns>What could not be removed, or null.</returns>
    internal string? Remove() => TicketFile.RemoveBuilders(_room, _clock);

    public void Dispose() => Directory.Dispose();
}
