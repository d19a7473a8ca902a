using Isolation.Cells;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Setuid;

/// <summary>What a payload brings into a private room: its scratch, and entries for its account. Handed to cell-init, which attaches it.</summary>
internal sealed class EntryMounts : IDisposable
{
    private EntryMounts(Descriptor[] mounts, OwnRoom room, string home, string user) => (Mounts, Room, Home, User) = (mounts, room, home, user);

    /// <summary>In the order of <see cref="OwnRoom.Mounts"/>.</summary>
    internal Descriptor[] Mounts { get; }

    internal OwnRoom Room { get; }

    /// <summary>The scratch, as the payload sees it.</summary>
    internal string Home { get; }

    /// <summary>The account's name in the room.</summary>
    internal string User { get; }

    internal static EntryMounts Make(CellHost host, PrivateRoomSettings settings, Account account, Scratch scratch, Descriptor? lent)
    {
        RoomPlaces places = new(host.Run);
        Descriptor mount = scratch.Mount();
        try
        {
            (Descriptor files, string user) = AccountFiles.Make(account, places.Scratch);
            RoomBind[] binds = [new($"{places.AccountFiles}/passwd", "/etc/passwd"), new($"{places.AccountFiles}/group", "/etc/group")];
            return lent is null
                ? new EntryMounts([mount, files], new OwnRoom([places.Scratch, places.AccountFiles], binds, settings.NestedContainers), places.Scratch, user)
                : new EntryMounts([mount, files, lent.Duplicate()], new OwnRoom([places.Scratch, places.AccountFiles, places.Lent], binds, settings.NestedContainers), places.Scratch, user);
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (Descriptor mount in Mounts)
            mount.Dispose();
    }
}
