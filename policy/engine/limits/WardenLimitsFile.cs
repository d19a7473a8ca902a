using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Isolation.Policy;

/// <summary>
/// What the warden may do, in numbers, as <c>warden.json</c> holds it. The warden has a reader of its own and trusts only a file
/// of root's.
/// </summary>
/// <param name="Version">The form of the file: 1.</param>
/// <param name="Service">The ids of the unprivileged service.</param>
/// <param name="Pilots">The uids that may ask, lowest first.</param>
/// <param name="Accounts">Accounts of the host that payloads may run as, by uid.</param>
/// <param name="Ranges">Ids without a host entry that payloads may run as (gid = uid, no other group), lowest first.</param>
/// <param name="Room">What private rooms are like.</param>
/// <param name="Binds">Places that are seen in every room, read-only.</param>
/// <param name="Lend">Roots under which pilots may lend directories.</param>
/// <param name="Epoch">The digest of the policy file that this was made from.</param>
/// <param name="LogOnly">Children of pilots' processes may be put into leaves, and ended there (level log-only).</param>
/// <param name="WarmRooms">How many rooms of a kind are built ahead at level setuid.</param>
/// <param name="Rooms">Ids of rooms with a user namespace of their own; null where none are set aside.</param>
/// <param name="ContainerWithoutNetwork">Containers have a network of their own instead of their pilot's.</param>
/// <param name="ContainerUserNetwork">Connections lead out of that network through their pilot's.</param>
/// <param name="ContainerRuntime">The OCI runtime that builds containers; null for the first that works.</param>
/// <param name="Images">The images that containers may show: of the whole policy.</param>
/// <param name="ContainersNest">The payload of a container may make user namespaces.</param>
/// <param name="WarmContainers">How many containers are built ahead.</param>
/// <param name="ImageCache">How much unpacked images may take.</param>
public sealed record WardenLimitsFile(
    int Version, WardenIds Service, ImmutableArray<uint> Pilots, ImmutableArray<WardenAccount> Accounts, ImmutableArray<WardenRange> Ranges,
    PrivateRoom Room, ImmutableArray<string> Binds, ImmutableArray<string> Lend, string Epoch,
    bool LogOnly = false, int WarmRooms = 0, WardenRooms? Rooms = null, bool ContainerWithoutNetwork = false, bool ContainerUserNetwork = false, string? ContainerRuntime = null,
    ImmutableArray<string> Images = default, bool ContainersNest = false, int WarmContainers = 0, ImageCache? ImageCache = null)
{
    /// <summary>The bytes of the file.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, WardenLimitsJson.Default.WardenLimitsFile);
}

/// <summary>A uid and a gid.</summary>
public sealed record WardenIds(uint Uid, uint Gid);

/// <summary>An account: uid, gid, and exactly these supplementary groups.</summary>
public sealed record WardenAccount(uint Uid, uint Gid, ImmutableArray<uint> Groups);

/// <summary>Ids, both ends included.</summary>
public sealed record WardenRange(uint First, uint Last);

/// <summary>Ids of rooms, both ends included, and how many of them each room takes.</summary>
public sealed record WardenRooms(uint First, uint Last, uint PerRoom);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(WardenLimitsFile))]
internal sealed partial class WardenLimitsJson : JsonSerializerContext;
