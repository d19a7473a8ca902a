using Isolation.Cells;
using Isolation.Core;
using Isolation.Images;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Isolators.Container;

/// <summary>
/// An empty container, where it was built before anybody asked; or else no more than a ticket: the container is then built at the entry, at the payload's
/// place and with the ids of its account.
/// </summary>
internal sealed class ContainerRoom(
    CellHost host, RoomPlan plan, ContainerSettings settings, ContainerBirth birth, Func<ImageSource, Task<StoredImage>> store, PilotNetwork? network, TicketFile ticket, BuiltContainer? built) : IHostRoom
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private bool _given;

    public RoomPlan Plan => plan;

    /// <summary>The ticket of a new room.</summary>
    /// <exception cref="SyscallException">It cannot be written.</exception>
    internal static TicketFile NewTicket(CellHost host, CellId cell, string kind) => TicketFile.Create(host.Rooms, new CellTicket
    {
        Cell = cell.Value,
        Level = Level.Container.Name(),
        Kind = kind,
        Secret = Sys.RandomBytes(CellProof.SecretSize),
        BootId = host.BootId,
    });

    public bool IsWaiting => built is null || built.IsWaiting;

    private CellNetwork Network => settings.Room.NetworkOf(plan.Key.Network);

    public async Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct)
    {
        _given = true;
        using PilotNetwork? joined = network; // let go as soon as a cell-init is in it
        return built is null ? await EnterNewAsync(entry, joined, ct).ConfigureAwait(false) : await EnterBuiltAsync(built, entry, ct).ConfigureAwait(false);
    }

    public async Task<Residue> DestroyAsync(TimeSpan grace)
    {
        _given = true;
        network?.Dispose();
        (string? stuck, string? left) = await RemoveAsync(grace).ConfigureAwait(false);
        return Residue.None with
        {
            Processes = stuck is null ? new Finding.ProvenEmpty("nobody entered") : new Finding.Found(stuck),
            Files = left is null ? Residue.None.Files : new Finding.Found(left),
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_given)
            return;
        network?.Dispose();
        ticket.Dispose();
        if (built is not null)
            await built.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<EnterResult> EnterBuiltAsync(BuiltContainer container, Entry entry, CancellationToken ct)
    {
        if (container.IsFor(entry.Account))
        {
            RoomEntry room = new(host, plan, settings.Room, ticket, Network) { Built = container.Directories };
            if (await EnterAsync(room, entry, (_, ceilings) => Task.FromResult(container.For(ceilings)), ct).ConfigureAwait(false) is EnterResult result)
                return result;
        }

        // It is given to nobody else. What this payload gets shares nothing with it.
        (string? stuck, string? left) = await RemoveAsync(Grace).ConfigureAwait(false);
        if ((stuck ?? left) is string remains)
            throw new SetupException("room", $"a container built for another place or account could not be removed: {remains}");
        var cell = CellId.For(entry.Payload);
        var own = new ContainerRoom(host, plan with { Cell = cell }, settings, birth, store, network: null, NewTicket(cell), built: null);
        return await own.EnterAsync(entry, ct).ConfigureAwait(false);
    }

    private TicketFile NewTicket(CellId cell)
    {
        try
        {
            return NewTicket(host, cell, plan.Key.Kind);
        }
        catch (SyscallException e)
        {
            throw new SetupException("ticket", e.Message, undo: null, e);
        }
    }

    private async Task<EnterResult> EnterNewAsync(Entry entry, PilotNetwork? joined, CancellationToken ct)
    {
        if (settings.Ids is not RoomIds known)
            throw new SetupException("settings", "the installed policy sets no ids aside for rooms", await GiveUpAsync().ConfigureAwait(false));
        uint owner = known.ResidentOf(entry.Account.Uid.Value);
        RoomEntry room = new(host, plan, settings.Room, ticket, Network)
        {
            Cgroup = new RoomCgroup(RoomCgroup.NameOf(plan.Cell.Value), owner, host.Slice.At(host.Cgroups.RequireUnified()).Path),
        };
        try
        {
            using ContainerImage? image = plan.Key.Image is RoomImage asked ? await ImageAsync(new ImageSource(asked, entry.Account, entry.Account.Groups)).ConfigureAwait(false) : null;
            return (await EnterAsync(room, entry, (place, ceilings) => birth.BearAsync(
                image, new ContainerIds(owner, entry.Account, [.. RoomEntry.Groups(entry.Account, place.TrackingGroup)]), ceilings.OomScoreAdjustment,
                place.Leaf.Room!, joined, ticket), ct).ConfigureAwait(false))!; // it is built where the payload is
        }
        catch (SetupException e) when (e is { InnerException: UnusableImageException unusable, Undo: null })
        {
            return new EnterResult.NoImage($"{plan.Key.Image!.Name} is no image that can be shown: {unusable.Message}",
                plan.Key.Image.IsPacked ? "Name an image of that form which the payload's group, or everybody, may read, by a path on which no link leads out of what the site allows."
                    : "Name an unpacked image's directory, by a path on which no link leads out of what the site allows.");
        }
    }

    // A packed one is unpacked first, before the payload has a place: that may take minutes.
    private async Task<ContainerImage> ImageAsync(ImageSource source)
    {
        if (!source.Image.IsPacked)
            return new ContainerImage(source, Stored: null);
        StoredImage? stored = null;
        try
        {
            stored = await store(source).ConfigureAwait(false);
            ticket.Change(t => t with { Image = stored.Digest }); // from here on it stays until the room is gone
            return new ContainerImage(source, stored);
        }
        catch (Exception e) when (e is IOException or SyscallException)
        {
            stored?.Dispose();
            throw new SetupException("image", e.Message, await GiveUpAsync().ConfigureAwait(false), e);
        }
    }

    // Whatever of it is there, is removed where the payload does not come to be in; null where it is elsewhere.
    private async Task<EnterResult?> EnterAsync(RoomEntry room, Entry entry, Func<PlaceResult.Placed, PilotCeilings, Task<RoomResident>> resident, CancellationToken ct)
    {
        EnterResult? result;
        try
        {
            result = await room.EnterAsync(entry, resident, ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            string? left = room.IsTicketKept ? null : await GiveUpAsync().ConfigureAwait(false);
            throw e is SetupException setup ? setup.With(left) : e;
        }

        return result is EnterResult.NotPlaced none && await GiveUpAsync().ConfigureAwait(false) is string remains
            ? throw new SetupException("leaf", none.Cause, remains)
            : result;
    }

    private async Task<string?> GiveUpAsync()
    {
        (string? stuck, string? left) = await RemoveAsync(Grace).ConfigureAwait(false);
        return stuck ?? left;
    }

    private async Task<(string? Stuck, string? Left)> RemoveAsync(TimeSpan grace)
    {
        string? stuck = built is null ? null : await built.EndAsync(grace).ConfigureAwait(false);
        CrashPoint.Reach("warden: container: first process over");
        try
        {
            return (stuck, new RoomRemains(host, ticket).Remove()); // by its ticket it finds all that is there
        }
        catch (SyscallException e)
        {
            return (stuck, e.Message);
        }
    }
}
