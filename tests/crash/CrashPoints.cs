using System.Collections.Immutable;

namespace Isolation.Service.Tests;

/// <summary>What a client is told of its payload when a program was killed at a point.</summary>
[Flags]
public enum Told
{
    /// <summary>Nothing of it has run.</summary>
    NothingRan = 1,

    /// <summary>Its own exit code.</summary>
    ExitCode = 2,

    /// <summary>Nobody knows how it ended.</summary>
    Lost = 4,

    /// <summary>It was ended by its wall-clock limit.</summary>
    OutOfTime = 8,
}

/// <summary>What the client asks for, so that a point is passed.</summary>
public enum Scene
{
    /// <summary>A private room, and files for and from the payload.</summary>
    Exchange,

    /// <summary>A private room, with a directory of the pilot's.</summary>
    Lending,

    /// <summary>The same with one that is not the pilot's to lend.</summary>
    Refused,

    /// <summary>A private room that was built ahead.</summary>
    Stock,

    /// <summary>The client forks the payload itself.</summary>
    LogOnly,

    /// <summary>The same, for longer than it may.</summary>
    LogOnlyOutOfTime,

    /// <summary>A container, and files for and from the payload.</summary>
    Container,

    /// <summary>A container that was built ahead.</summary>
    StockOfContainers,

    /// <summary>A container that shows an image which has to be unpacked first.</summary>
    PackedImage,

    /// <summary>A container with a network of its own that leads to its pilot's.</summary>
    UserNetwork,
}

/// <summary>One point.</summary>
/// <param name="Name">As the source has it; begins with the program that dies.</param>
/// <param name="Told">What its client may be told.</param>
/// <param name="Scene">What is asked for.</param>
/// <param name="After">The point at which the program is killed before, so that it reaches this one when it is back; null for none.</param>
public sealed record Row(string Name, Told Told, Scene Scene = Scene.Exchange, string? After = null);

/// <summary>Every crash point. The source has each of them once, and nothing else (<see cref="NameTests"/>).</summary>
internal static class CrashPoints
{
    public static readonly ImmutableArray<Row> All =
    [
        new("isolationd: asked", Told.NothingRan),
        new("isolationd: decided", Told.NothingRan),
        new("isolationd: turn taken", Told.NothingRan),
        new("isolationd: leased", Told.NothingRan),
        new("isolationd: room built", Told.NothingRan),
        new("isolationd: client told to lend", Told.NothingRan, Scene.Lending),
        new("isolationd: directory lent", Told.NothingRan, Scene.Lending),
        new("isolationd: entered", Told.NothingRan),
        new("isolationd: client told of the entry", Told.NothingRan),
        new("isolationd: resolved", Told.NothingRan),
        new("isolationd: admission written", Told.NothingRan),
        new("isolationd: admission synced", Told.NothingRan),
        new("isolationd: admitted", Told.NothingRan),
        new("isolationd: started", Told.ExitCode),
        new("isolationd: client told of the start", Told.ExitCode),
        new("isolationd: ending seen", Told.ExitCode),
        new("isolationd: collection begun", Told.ExitCode),
        new("isolationd: collected", Told.ExitCode),
        new("isolationd: destroyed", Told.ExitCode),
        new("isolationd: ending written", Told.ExitCode),
        new("isolationd: ending synced", Told.ExitCode),
        new("isolationd: ended", Told.ExitCode),
        new("isolationd: forget asked", Told.ExitCode),
        new("isolationd: released", Told.ExitCode),
        new("isolationd: replied", Told.ExitCode),
        new("isolationd: leases: written anew", Told.NothingRan, After: "isolationd: room built"),
        new("isolationd: leases: renamed", Told.NothingRan, After: "isolationd: room built"),
        new("isolationd: recovery: begun", Told.ExitCode, After: "isolationd: client told of the start"),
        new("isolationd: recovery: ending seen", Told.ExitCode, After: "isolationd: client told of the start"),
        new("isolationd: recovery: room of a lease removed", Told.NothingRan, After: "isolationd: entered"),
        new("isolationd: recovery: lease given back", Told.NothingRan, After: "isolationd: entered"),

        new("warden: setuid build: ticket", Told.NothingRan),
        new("warden: ticket: directory made", Told.NothingRan),
        new("warden: ticket: written", Told.NothingRan),
        new("warden: setuid build: control socket", Told.NothingRan),
        new("warden: setuid build: network", Told.NothingRan),
        new("warden: setuid build: cell-init", Told.NothingRan),
        new("warden: setuid build: control connection", Told.NothingRan),
        new("warden: built", Told.NothingRan),
        new("warden: lending begun", Told.NothingRan, Scene.Lending),
        new("warden: lent asked", Told.NothingRan, Scene.Lending),
        new("warden: setuid enter: room", Told.NothingRan),
        new("warden: enter: name", Told.NothingRan),
        new("warden: ticket: renamed", Told.NothingRan, Scene.Stock),
        new("warden: built ahead", Told.NothingRan | Told.ExitCode | Told.Lost, Scene.Stock),
        new("warden: empty room: cell-init over", Told.NothingRan, Scene.Refused),
        new("warden: enter: client", Told.NothingRan),
        new("warden: enter: leaf", Told.NothingRan),
        new("warden: leaf: planned", Told.NothingRan),
        new("warden: leaf: made in the v2 hierarchy", Told.NothingRan),
        new("warden: leaf: made", Told.NothingRan),
        new("warden: enter: scratch", Told.NothingRan),
        new("warden: scratch: made", Told.NothingRan),
        new("warden: enter: exchange", Told.NothingRan),
        new("warden: enter: mounts", Told.NothingRan),
        new("warden: enter: pilot's channel", Told.NothingRan),
        new("warden: enter: enter", Told.NothingRan),
        new("warden: entered", Told.NothingRan),
        new("warden: resolved", Told.NothingRan),
        new("warden: digested", Told.NothingRan),
        new("warden: ticket: start written", Told.NothingRan),
        new("warden: start noted", Told.NothingRan | Told.Lost),
        new("warden: start sent", Told.NothingRan | Told.ExitCode | Told.Lost),
        new("warden: start answered", Told.ExitCode),
        new("warden: ending heard", Told.ExitCode),
        new("warden: ticket: ending written", Told.ExitCode),
        new("warden: ending kept", Told.ExitCode),
        new("warden: destroy: begun", Told.ExitCode),
        new("warden: destroy: ending acknowledged", Told.ExitCode),
        new("warden: destroy: cell-init over", Told.ExitCode),
        new("warden: destroy: leaf removed", Told.ExitCode),
        new("warden: destroy: scratch removed", Told.ExitCode),
        new("warden: ticket: removed", Told.ExitCode),
        new("warden: log-only enter: leaf", Told.NothingRan, Scene.LogOnly),
        new("warden: log-only enter: client", Told.NothingRan, Scene.LogOnly),
        new("warden: log-only: joined", Told.NothingRan, Scene.LogOnly),
        new("warden: log-only: start noted", Told.NothingRan, Scene.LogOnly),
        new("warden: log-only: placed", Told.NothingRan, Scene.LogOnly),
        new("warden: log-only: killed", Told.OutOfTime, Scene.LogOnlyOutOfTime),
        new("warden: log-only: ending seen", Told.ExitCode, Scene.LogOnly),
        new("warden: log-only: leaf removed", Told.ExitCode, Scene.LogOnly),
        new("warden: container build: settings", Told.NothingRan, Scene.Container),
        new("warden: container build: network", Told.NothingRan, Scene.Container),
        new("warden: container build: ticket", Told.NothingRan, Scene.Container),
        new("warden: container birth: control socket", Told.NothingRan, Scene.Container),
        new("warden: container birth: bundle", Told.NothingRan, Scene.Container),
        new("warden: container birth: runtime", Told.NothingRan, Scene.Container),
        new("warden: container birth: built", Told.NothingRan, Scene.Container),
        new("warden: container birth: control connection", Told.NothingRan, Scene.Container),
        new("warden: container birth: network", Told.NothingRan, Scene.UserNetwork),
        new("warden: container birth: network served", Told.NothingRan, Scene.UserNetwork),
        new("warden: container birth: runtime's notes", Told.NothingRan, Scene.Container),
        new("warden: container build: cgroup", Told.NothingRan | Told.ExitCode | Told.Lost, Scene.StockOfContainers),
        new("warden: container build: container", Told.NothingRan | Told.ExitCode | Told.Lost, Scene.StockOfContainers),
        new("warden: container: first process over", Told.NothingRan | Told.ExitCode | Told.Lost, Scene.StockOfContainers, After: "warden: built ahead"),
        new("warden: image: place made", Told.NothingRan, Scene.PackedImage),
        new("warden: image: copied", Told.NothingRan, Scene.PackedImage),
        new("warden: image: unpacked", Told.NothingRan, Scene.PackedImage),
        new("warden: image: kept", Told.NothingRan, Scene.PackedImage),
        new("warden: found: connected", Told.NothingRan, After: "warden: entered"),
        new("warden: found: looked", Told.ExitCode, After: "warden: start answered"),
        new("warden: found: taken over", Told.ExitCode, After: "warden: start answered"),
        new("warden: found: cell-init over", Told.NothingRan, After: "warden: entered"),
        new("warden: found: about to remove", Told.NothingRan, After: "warden: entered"),

        new("cell-init: alive", Told.NothingRan),
        new("cell-init: warden proven", Told.NothingRan),
        new("cell-init: entering", Told.NothingRan),
        new("cell-init: mounts arranged", Told.NothingRan),
        new("cell-init: entered", Told.NothingRan),
        new("cell-init: streams here", Told.NothingRan),
        new("cell-init: resolved", Told.NothingRan),
        new("cell-init: resolution told", Told.NothingRan | Told.Lost),
        new("cell-init: payload prepared", Told.NothingRan | Told.Lost),
        new("cell-init: digested", Told.NothingRan),
        new("cell-init: told to start", Told.Lost),
        new("cell-init: payload started", Told.Lost),
        new("cell-init: filter installed", Told.Lost),
        new("cell-init: main process over", Told.Lost),
        new("cell-init: leaf empty", Told.Lost),
        new("cell-init: ending known", Told.Lost),
        new("cell-init: ending told", Told.ExitCode),
        new("cell-init: acknowledged", Told.ExitCode),
    ];

    /// <summary>Points that every level with a cell-init passes, and at which a container has more to be found again than another room.</summary>
    public static readonly ImmutableArray<string> AlsoInContainers =
    [
        "isolationd: entered", "isolationd: client told of the start", "isolationd: ending seen",
        "warden: leaf: made in the v2 hierarchy", "warden: enter: scratch", "warden: enter: enter", "warden: entered", "warden: start noted", "warden: start answered",
        "warden: ending kept", "warden: destroy: leaf removed", "warden: destroy: cell-init over", "warden: ticket: removed",
        "cell-init: alive", "cell-init: warden proven", "cell-init: entered", "cell-init: payload prepared", "cell-init: payload started", "cell-init: ending told",
    ];

    /// <summary>Points at which a container that was built ahead differs from one that was not.</summary>
    public static readonly ImmutableArray<string> AlsoInContainersBuiltAhead =
    [
        "warden: ticket: renamed", "warden: leaf: planned", "warden: leaf: made in the v2 hierarchy", "warden: enter: enter", "warden: entered", "warden: destroy: leaf removed",
    ];

    public static Row Of(string name) => All.Single(row => row.Name == name);

    public static IEnumerable<string> Names(string program) => All.Select(row => row.Name).Where(name => name.StartsWith(program + ":", StringComparison.Ordinal));
}
