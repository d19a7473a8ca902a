using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Reads the section <c>levels</c> and the choices of levels in rules and classes.</summary>
internal sealed class LevelsReader(LevelLaw law, ValueReader values, Findings findings)
{
    private static readonly Dictionary<string, bool> WhenNotReady = new() { ["refuse"] = false, ["strengthen"] = true };
    private static readonly Dictionary<string, bool> DenyAllow = new() { ["deny"] = false, ["allow"] = true };
    private static readonly Dictionary<string, bool> EngineBuilder = new() { ["oci"] = false, ["engine"] = true };
    private static readonly Dictionary<string, RoomNetwork> ContainerNetworks = new() { ["pilot"] = RoomNetwork.Pilot, ["none"] = RoomNetwork.None, ["user"] = RoomNetwork.User };
    private static readonly Dictionary<string, int> MachineNetworks = new() { ["user"] = 0, ["none"] = 1 };

    public LevelSettings Section(Node? node)
    {
        MapReader levels = MapReader.Of(node, findings, "Write levels: { default: …, accept: […] }.");
        Level preferred = law.Read(levels.Optional("default"), values, findings) ?? law.Otherwise;
        ImmutableArray<Level> accepted = Accepted(levels.Optional("accept"));
        bool strengthen = values.Choice(levels.Optional("when-not-ready"), WhenNotReady) ?? false;
        PrivateRoomReader rooms = new(values, findings);
        (bool classic, PrivateRoom room, int warm) = rooms.Read(levels.Optional("setuid"));

        MapReader container = MapReader.Of(levels.Optional("container"), findings, "Write container: { builder: oci }.");
        bool engine = values.Choice(container.Optional("builder"), EngineBuilder) ?? false;
        string? runtime = values.AbsolutePath(container.Optional("runtime"));
        int warmContainers = rooms.Warm(container.Optional("warm"));
        RoomNetwork network = values.Choice(container.Optional("network"), ContainerNetworks) ?? RoomNetwork.Pilot;
        bool nested = values.Choice(container.Optional("nested-containers"), DenyAllow) ?? false;
        container.Done();

        MapReader machine = MapReader.Of(levels.Optional("vm"), findings, "Write vm: { emulation: deny }.");
        values.Choice(machine.Optional("emulation"), DenyAllow);
        values.Choice(machine.Optional("network"), MachineNetworks);
        machine.Done();
        levels.Done();

        return new LevelSettings(
            With(preferred, accepted), strengthen, classic ? "classic" : "private", room, warm, engine ? "engine" : "oci", runtime, network, nested, warmContainers);
    }

    /// <summary>A rule's <c>level</c>: one level, or one that is preferred and others that may be asked for.</summary>
    public LevelChoice? OfRule(Node? node)
    {
        if (node is not Node.Mapping)
            return law.Read(node, values, findings) is Level only ? new LevelChoice(only, [only]) : null;
        MapReader reader = MapReader.Of(node, findings, "");
        Level? preferred = law.Read(reader.Required("prefer", "Name the level that is taken: { prefer: setuid, accept: [container] }."), values, findings);
        ImmutableArray<Level> accepted = Accepted(reader.Optional("accept"));
        reader.Done();
        return preferred is Level level ? With(level, accepted) : null;
    }

    /// <summary>A list of levels.</summary>
    public ImmutableArray<Level> Accepted(Node? node)
        => values.DistinctValues(values.SomeItems(node, "levels"), item => law.Read(item, values, findings));

    private static LevelChoice With(Level preferred, ImmutableArray<Level> accepted)
        => new(preferred, accepted.Contains(preferred) ? accepted : accepted.Insert(0, preferred));
}
