using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Isolation.Cells;
using Isolation.Core;
using Isolation.Images;
using Isolation.Isolators.Container;

namespace Isolation.Warden;

/// <summary>
/// The warden's own invariants, numbers from a file that only root can write (warden.json, made by <c>policy install</c> or the
/// launcher). What is not in it is denied, whatever policy says.
/// </summary>
internal sealed record WardenLimits
{
    private const int MostWarmRooms = 256;
    private ContainerSettings? _containers;

    /// <summary>The form of the file.</summary>
    public required int Version { get; init; }

    /// <summary>The account of isolationd.</summary>
    public required ServiceAccount Service { get; init; }

    /// <summary>The pilots' uids.</summary>
    public required ImmutableArray<uint> Pilots { get; init; }

    /// <summary>Accounts of pools, each with the groups it gets.</summary>
    public required ImmutableArray<PoolAccount> Accounts { get; init; }

    /// <summary>Ranges whose uid n has gid n and no further group.</summary>
    public required ImmutableArray<AccountRange> Ranges { get; init; }

    /// <summary>What private rooms are like.</summary>
    public required PrivateRoomLimits Room { get; init; }

    /// <summary>How many rooms of a kind are built ahead at level setuid.</summary>
    public int WarmRooms { get; init; }

    /// <summary>How many containers are built ahead.</summary>
    public int WarmContainers { get; init; }

    /// <summary>Ids of rooms with a user namespace of their own; a payload's gid has its uid's number. Null where none are set aside.</summary>
    public RoomIds? Rooms { get; init; }

    /// <summary>Containers have a network of their own instead of their pilot's.</summary>
    public bool ContainerWithoutNetwork { get; init; }

    /// <summary>Connections lead out of that network through their pilot's. A word of its own: a warden that does not know it gives containers no way out, and not their pilot's network.</summary>
    public bool ContainerUserNetwork { get; init; }

    /// <summary>The images that containers may show, as <see cref="ImagePattern"/> writes them.</summary>
    public ImmutableArray<string> Images { get; init => field = value.IsDefault ? [ImagePattern.Host] : value; } = [ImagePattern.Host]; // the generated reader sets what a file leaves out

    /// <summary>The payload of a container may make user namespaces.</summary>
    public bool ContainersNest { get; init; }

    /// <summary>The OCI runtime that builds containers; null for the first that works.</summary>
    public string? ContainerRuntime { get; init; }

    /// <summary>How much unpacked images may take.</summary>
    public ImageCacheLimits ImageCache { get; init => field = value ?? ImageCacheLimits.Default; } = ImageCacheLimits.Default; // the generated reader sets what a file leaves out

    /// <summary>Places that are seen in every room, read-only.</summary>
    public required ImmutableArray<string> Binds { get; init; }

    /// <summary>Roots under which pilots may lend directories.</summary>
    public required ImmutableArray<string> Lend { get; init; }

    /// <summary>Children of pilots' processes may be put into leaves, and ended there (level log-only).</summary>
    public bool LogOnly { get; init; }

    /// <summary>The digest of the policy it was made from.</summary>
    public string? Epoch { get; init; }

    /// <summary>Reads the file; it must be root's alone to write.</summary>
    /// <exception cref="InvalidDataException">It is not, or does not hold what it must.</exception>
    internal static WardenLimits Load(string path)
    {
        using Linux.Descriptor file = Linux.Sys.Open(null, path, Linux.Sys.O_RDONLY | Linux.Sys.O_NOFOLLOW);
        Linux.FileStatus status = Linux.Sys.StatusOf(file);
        if (status.Kind != Linux.FileKind.Regular || status.Uid != 0 || (status.Mode & 0x12) != 0)
            throw new InvalidDataException($"{path} is not a regular file that only root can write. Make it again: isolation policy install.");
        byte[] text = new byte[Math.Min(status.Size, 4 << 20)];
        int length = 0;
        for (int read = -1; read != 0 && length < text.Length; length += read)
            read = Linux.Sys.Read(file, text.AsSpan(length));
        WardenLimits limits;
        try
        {
            limits = JsonSerializer.Deserialize(text.AsSpan(0, length), WardenLimitsJson.Default.WardenLimits)
                ?? throw new InvalidDataException($"{path} holds null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {e.Message} Make it again: isolation policy install.", e);
        }

        return limits.Checked(path);
    }

    /// <summary>The account of these ids, with its groups, or null when the site has none such.</summary>
    internal PoolAccount? Find(uint uid, uint gid)
    {
        foreach (PoolAccount account in Accounts)
        {
            if (account.Uid == uid && account.Gid == gid)
                return account;
        }

        foreach (AccountRange range in Ranges)
        {
            if (uid >= range.First && uid <= range.Last && gid == uid)
                return new PoolAccount(uid, gid, []);
        }

        return Rooms is RoomIds rooms && rooms.IsPayloads(uid) && gid == uid ? new PoolAccount(uid, gid, []) : null;
    }

    /// <summary>How many rooms of a kind are built ahead at a level.</summary>
    internal int WarmRoomsOf(Level level) => level switch { Level.Setuid => WarmRooms, Level.Container => WarmContainers, _ => 0 };

    /// <summary>What containers are like: the tree that private rooms have, as a site wants it, with what the level says itself.</summary>
    internal ContainerSettings Containers() => _containers ??= new(PrivateRooms() with { Network = ContainerNetwork, NestedContainers = ContainersNest }, Rooms, ContainerRuntime, ImageCache.ToStore());

    private RoomNetwork ContainerNetwork => !ContainerWithoutNetwork ? RoomNetwork.Pilot : ContainerUserNetwork ? RoomNetwork.User : RoomNetwork.None;

    /// <summary>What private rooms are like: what pilots can lend is shown to nobody who was not lent it.</summary>
    internal PrivateRoomSettings PrivateRooms()
        => new(Room.Writable, [.. Room.Hidden.Union(Lend)], Binds, Room.Devices, Room.TemporaryBytes, Room.SharedMemoryBytes, Room.WithoutNetwork ? RoomNetwork.None : RoomNetwork.Pilot, Room.NestedContainers);

    // Held here, too, since a wrong file is as bad as a hostile front: nothing below 1000, never a pilot or the service; the service is no pilot.
    private WardenLimits Checked(string path)
    {
        if (Version != 1)
            throw new InvalidDataException($"{path} is of version {Version}; this warden reads version 1.");
        // null reads as "default", which every use of would throw.
        if (Pilots.IsDefault || Accounts.IsDefault || Ranges.IsDefault || Accounts.Any(a => a is null || a.Groups.IsDefault) || Ranges.Any(r => r is null))
            throw new InvalidDataException($"{path} holds null where a list or its entry belongs. Make it again: isolation policy install.");
        if (Binds.IsDefault || Lend.IsDefault || Room.Writable.IsDefault || Room.Hidden.IsDefault || Room.Devices.IsDefault
            || Binds.Concat(Lend).Concat(Room.Writable).Concat(Room.Hidden).Concat(Room.Devices).Any(place => !IsPlain(place)) || Room.TemporaryBytes <= 0 || Room.SharedMemoryBytes <= 0)
            throw new InvalidDataException($"{path} holds a place that is no plain absolute path, or a size below 1. Make it again: isolation policy install.");
        if (Images.Any(image => image is null || ImagePattern.TryRead(image) is null))
            throw new InvalidDataException($"{path} names an image that is neither 'host' nor a plain absolute path. Make it again: isolation policy install.");
        if (ImageCache is { Bytes: < 0 } or { UnusedSeconds: < 1 } or { ImageBytes: < 1 } or { ImageFiles: < 1 } or { StepSeconds: < 1 or > int.MaxValue })
            throw new InvalidDataException($"{path} lets unpacked images take less than nothing, or no time. Make it again: isolation policy install.");
        if (ContainerUserNetwork && !ContainerWithoutNetwork)
            throw new InvalidDataException($"{path} lets containers have their pilot's network and one of their own that leads to it. Make it again: isolation policy install.");
        if (ContainerRuntime is not null && !IsPlain(ContainerRuntime))
            throw new InvalidDataException($"{path} names a container runtime that is no plain absolute path. Make it again: isolation policy install.");
        if (WarmRooms is < 0 or > MostWarmRooms || WarmContainers is < 0 or > MostWarmRooms)
            throw new InvalidDataException($"{path} wants {(WarmRooms is < 0 or > MostWarmRooms ? WarmRooms : WarmContainers)} rooms of a kind built ahead, and 0 to {MostWarmRooms} are possible. Make it again: isolation policy install.");
        // The last id, -1, is to the kernel "leave it as it is": root.
        bool low = Accounts.Any(a => a.Uid is < 1000 or uint.MaxValue || a.Gid is < 1000 or uint.MaxValue || a.Groups.Any(g => g is 0 or uint.MaxValue))
            || Ranges.Any(r => r.First < 1000 || r.Last < r.First || r.Last == uint.MaxValue);
        bool mixed = Pilots.Contains(Service.Uid) || Pilots.Append(Service.Uid).Any(uid => uid == 0 || Accounts.Any(a => a.Uid == uid) || Ranges.Any(r => uid >= r.First && uid <= r.Last));
        low |= Rooms is not null && (Rooms.First < 1000 || Rooms.Last < Rooms.First || Rooms.Last == uint.MaxValue || Rooms.PerRoom < 2
            || Rooms.Last - Rooms.First + 1L < 2L * Rooms.PerRoom);
        mixed |= Rooms is not null && (Pilots.Append(Service.Uid).Any(uid => uid >= Rooms.First && uid <= Rooms.Last)
            || Accounts.Any(a => a.Uid >= Rooms.First && a.Uid <= Rooms.Last) || Ranges.Any(r => r.First <= Rooms.Last && Rooms.First <= r.Last));
        if (low || mixed)
            throw new InvalidDataException($"{path} lets payloads be a system account, a pilot or the service. Make it again: isolation policy install.");
        return this;
    }

    private static bool IsPlain(string? path)
        => path is { Length: > 1 and < 4096 } && path[0] == '/' && path[1..].Split('/').All(part => part is not ("" or "." or ".."));
}

/// <summary>The account of isolationd.</summary>
internal sealed record ServiceAccount(uint Uid, uint Gid);

/// <summary>An account that a payload may have.</summary>
internal sealed record PoolAccount(uint Uid, uint Gid, ImmutableArray<uint> Groups);

/// <summary>What private rooms are like.</summary>
/// <param name="Writable">Places of the host's that stay writable.</param>
/// <param name="Hidden">Places of the host's that look empty.</param>
/// <param name="Devices">Nodes of /dev that are shown beside the usual ones.</param>
/// <param name="TemporaryBytes">The size of /tmp, and of /var/tmp.</param>
/// <param name="SharedMemoryBytes">The size of /dev/shm.</param>
/// <param name="WithoutNetwork">A network of its own instead of its pilot's.</param>
/// <param name="NestedContainers">The payload may make user namespaces.</param>
internal sealed record PrivateRoomLimits(
    ImmutableArray<string> Writable, ImmutableArray<string> Hidden, ImmutableArray<string> Devices, long TemporaryBytes, long SharedMemoryBytes, bool WithoutNetwork, bool NestedContainers);

/// <summary>How much unpacked images may take.</summary>
/// <param name="Bytes">All of them together.</param>
/// <param name="UnusedSeconds">How long one that nobody asks for stays.</param>
/// <param name="ImageBytes">One of them, with what unpacking it needs beside it.</param>
/// <param name="ImageFiles">The same, in files and directories.</param>
/// <param name="StepSeconds">How long each step of unpacking one may take.</param>
internal sealed record ImageCacheLimits(long Bytes, long UnusedSeconds, long ImageBytes, long ImageFiles, long StepSeconds)
{
    /// <summary>Of a file that says nothing of it: an earlier release's.</summary>
    internal static readonly ImageCacheLimits Default = new(50L << 30, 30 * 86400, 20L << 30, 1_000_000, 1800);

    internal StoreLimits ToStore() => new(Bytes, TimeSpan.FromSeconds(UnusedSeconds), ImageBytes, ImageFiles, TimeSpan.FromSeconds(StepSeconds));
}

/// <summary>A range of accounts without entries.</summary>
internal sealed record AccountRange(uint First, uint Last);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(WardenLimits))]
internal sealed partial class WardenLimitsJson : JsonSerializerContext;
