using System.Collections.Immutable;

namespace Isolation.Policy;

/// <summary>Reads <c>levels: { setuid: … }</c>.</summary>
internal sealed class PrivateRoomReader(ValueReader values, Findings findings)
{
    private const int MostWarm = 256;
    private const int DefaultWarm = 4;
    private static readonly Dictionary<string, bool> ClassicRoom = new() { ["private"] = false, ["classic"] = true };
    private static readonly Dictionary<string, bool> NoNetwork = new() { ["pilot"] = false, ["none"] = true };
    private static readonly Dictionary<string, bool> DenyAllow = new() { ["deny"] = false, ["allow"] = true };

    // A room has these of its own, or cannot be without them.
    private static readonly string[] OfEveryRoom = ["/proc", "/sys", "/dev", "/dev/shm", "/tmp", "/var/tmp", "/etc", "/usr", "/bin", "/lib", "/lib64", "/var", "/run"];

    /// <summary>The kind of room, what private ones are like, and how many are built ahead.</summary>
    public (bool IsClassic, PrivateRoom Room, int Warm) Read(Node? node)
    {
        MapReader setuid = MapReader.Of(node, findings, "Write setuid: { room: private }.");
        bool isClassic = values.Choice(setuid.Optional("room"), ClassicRoom) ?? false;
        int warm = Warm(setuid.Optional("warm"));
        Node? writable = setuid.Optional("writable"), hidden = setuid.Optional("hide"), devices = setuid.Optional("devices");
        Node?[] others = [setuid.Optional("tmp"), setuid.Optional("shm"), setuid.Optional("network"), setuid.Optional("nested-containers")];
        var room = new PrivateRoom(
            Places(writable),
            Places(hidden),
            Devices(devices),
            values.Size(others[0], mayBeNone: false) ?? PrivateRoom.DefaultTemporaryBytes,
            values.Size(others[1], mayBeNone: false) ?? PrivateRoom.DefaultSharedMemoryBytes,
            values.Choice(others[2], NoNetwork) ?? false,
            values.Choice(others[3], DenyAllow) ?? false);
        setuid.Done();

        foreach (string both in room.Writable.Where(place => room.Hidden.Any(hide => IsIn(place, hide))))
            findings.Fault(writable!, $"{Findings.Quote(both)} is hidden, too", "Take it out of 'hide', or out of 'writable'.");
        if (isClassic)
            foreach (Node? without in others.Prepend(devices).Prepend(hidden).Prepend(writable).Where(n => n is not null))
                findings.Note(without!, "a classic room sees the host as it is: this has an effect on private rooms only");
        return (isClassic, room, warm);
    }

    /// <summary>How many rooms of a kind are built ahead.</summary>
    public int Warm(Node? node) => (int?)values.Count(node, MostWarm, least: 0) ?? DefaultWarm;

    private ImmutableArray<string> Places(Node? node) => values.Distinct(values.Items(node, "absolute paths"), item =>
    {
        if (values.AbsolutePath(item) is not string path)
            return null;
        if (!OfEveryRoom.Contains(path))
            return path;
        findings.Fault(item, $"{Findings.Quote(path)} is a place that every room needs as it is", "Name a place below it, or another.");
        return null;
    });

    private ImmutableArray<string> Devices(Node? node) => values.Distinct(values.Items(node, "device nodes"), item =>
    {
        if (values.AbsolutePath(item) is not string path)
            return null;
        if (path.StartsWith("/dev/", StringComparison.Ordinal))
            return path;
        findings.Fault(item, $"{Findings.Quote(path)} is not below /dev", "Name a node such as /dev/fuse.");
        return null;
    });

    private static bool IsIn(string place, string of) => place == of || place.StartsWith(of + "/", StringComparison.Ordinal);
}
