using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cells;

/// <summary>What a payload brings into a private room: its scratch, entries for its account, and what its pilot lends. Handed to cell-init, which attaches it.</summary>
internal sealed class EntryMounts : IDisposable
{
    private const ulong Inert = MountAttributes.NoSetId | MountAttributes.NoDevices | MountAttributes.NoExecution | MountAttributes.ReadOnly;
    private readonly List<Descriptor> _mounts = [];
    private readonly List<string> _targets = [];
    private readonly List<RoomBind> _binds = [];

    private EntryMounts(string home) => Home = home;

    /// <summary>In the order of <see cref="OwnRoom.Mounts"/>.</summary>
    internal IReadOnlyList<Descriptor> Mounts => _mounts;

    internal OwnRoom Room { get; private set; } = new([], [], NestedContainers: false, LeafIsThePilots: false, OwnCgroups: false);

    /// <summary>The scratch, as the payload sees it.</summary>
    internal string Home { get; }

    /// <summary>The account's name in the room.</summary>
    internal string User { get; private set; } = "";

    internal static EntryMounts Make(CellHost host, PrivateRoomSettings settings, Account account, Scratch scratch, LentMount? lent)
    {
        RoomPlaces places = new(host.Run);
        EntryMounts made = new(places.Scratch);
        try
        {
            made.Add(scratch.Mount(), places.Scratch);
            (Descriptor files, made.User) = AccountFiles.Make(account, places.Scratch, host.Clock);
            made.Add(files, places.AccountFiles);
            made._binds.Add(new RoomBind($"{places.AccountFiles}/passwd", "/etc/passwd"));
            made._binds.Add(new RoomBind($"{places.AccountFiles}/group", "/etc/group"));
            if (lent is not null)
                made.Show(lent, places, settings);
            made.Room = new OwnRoom([.. made._targets], [.. made._binds], settings.NestedContainers, LeafIsThePilots: false, OwnCgroups: false);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (Descriptor mount in _mounts)
            mount.Dispose();
    }

    private void Add(Descriptor mount, string target)
    {
        _mounts.Add(mount);
        _targets.Add(target);
    }

    // Also at the path by which the pilot knows it: the place that pilots lend from looks empty in a room, but for the way there.
    private void Show(LentMount lent, RoomPlaces places, PrivateRoomSettings settings)
    {
        Add(((Descriptor)lent.Mount).Duplicate(), places.Lent);
        string? root = settings.Hidden.Where(place => lent.Path.StartsWith(place + "/", StringComparison.Ordinal)).MinBy(place => place.Length);
        if (root is null)
            return; // the site has taken the place off its list since
        Descriptor way = NewMount.Make("tmpfs", Inert & ~MountAttributes.ReadOnly, ("size", "64k"), ("mode", "755"));
        Add(way, root);
        MountPlace.Make(way, lent.Path[(root.Length + 1)..], isDirectory: true);
        Sys.SetMountAttributes(way, new MountAttributes { Set = Inert }, root);
        _binds.Add(new RoomBind(places.Lent, lent.Path));
    }
}
