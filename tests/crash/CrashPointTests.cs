namespace Isolation.Service.Tests;

/// <summary>
/// Promise: wherever isolationd is killed, when it is back the client has been told the truth once, the payload's ending is on record if it was admitted, no
/// lease is lost or lent twice, no room, mount, cgroup, process or file is left, and the next payload runs.
/// </summary>
public sealed class IsolationdCrashTests(PrivateCrashes shared) : IClassFixture<PrivateCrashes>
{
    public static TheoryData<string> Points => [.. CrashPoints.Names("isolationd")];

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public void NothingIsLostOrLeft(string point) => shared.Survive(point);
}

/// <summary>Promise: the same wherever the warden is killed.</summary>
public sealed class WardenCrashTests(PrivateCrashes shared, StockedCrashes stocked, StockedContainerCrashes containers, UserNetworkCrashes networks)
    : IClassFixture<PrivateCrashes>, IClassFixture<StockedCrashes>, IClassFixture<StockedContainerCrashes>, IClassFixture<UserNetworkCrashes>
{
    public static TheoryData<string> Points => [.. CrashPoints.Names("warden")];

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public void NothingIsLostOrLeft(string point)
        => (CrashPoints.Of(point).Scene switch { Scene.Stock => stocked, Scene.StockOfContainers => containers, Scene.UserNetwork => networks, _ => (Crashes)shared }).Survive(point);
}

/// <summary>Promise: the same wherever a payload's cell-init is killed; its ending is never told as the payload's.</summary>
public sealed class CellInitCrashTests(PrivateCrashes shared, ClassicCrashes other) : IClassFixture<PrivateCrashes>, IClassFixture<ClassicCrashes>
{
    public static TheoryData<string> Points => [.. CrashPoints.Names("cell-init")];

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public void InAPrivateRoomNothingIsLostOrLeft(string point) => shared.Survive(point);

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public void InAClassicRoomNothingIsLostOrLeft(string point) => other.Survive(point);
}

/// <summary>Promise: the same for a payload in a container, wherever isolationd, the warden or its cell-init is killed.</summary>
public sealed class ContainerCrashTests(PrivateCrashes shared, StockedContainerCrashes stocked) : IClassFixture<PrivateCrashes>, IClassFixture<StockedContainerCrashes>
{
    public static TheoryData<string> PointsAhead => [.. CrashPoints.AlsoInContainersBuiltAhead];

    public static TheoryData<string> Points => [.. CrashPoints.AlsoInContainers];

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public void NothingIsLostOrLeft(string point) => shared.Survive(CrashPoints.Of(point) with { Scene = Scene.Container });

    [SkippableTheory]
    [MemberData(nameof(PointsAhead))]
    public void NorOfOneThatWasBuiltAhead(string point) => stocked.Survive(CrashPoints.Of(point) with { Scene = Scene.StockOfContainers });
}
