using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>Which level is taken unless another is asked for, and which may be.</summary>
/// <param name="Prefer">The one taken.</param>
/// <param name="Accept">The ones that may be asked for, the preferred one among them.</param>
internal sealed record LevelChoice(Level Prefer, ImmutableArray<Level> Accept);

/// <summary>The section <c>levels</c>.</summary>
/// <param name="Choice">Where a rule says nothing.</param>
/// <param name="Strengthen">Take the next stronger accepted level when one is not ready.</param>
/// <param name="SetuidRoom"><c>private</c> or <c>classic</c>.</param>
/// <param name="Private">What private rooms are like.</param>
/// <param name="WarmRooms">How many rooms of a kind are built ahead at level setuid.</param>
/// <param name="Builder">The container builder: <c>oci</c> or <c>engine</c>.</param>
/// <param name="Runtime">The OCI runtime that builds containers; null for the first that works.</param>
/// <param name="ContainerNetwork">A container's network.</param>
/// <param name="ContainersNest">The payload of a container may make user namespaces.</param>
/// <param name="WarmContainers">How many containers are built ahead.</param>
internal sealed record LevelSettings(LevelChoice Choice, bool Strengthen, string SetuidRoom, PrivateRoom Private, int WarmRooms, string Builder, string? Runtime, RoomNetwork ContainerNetwork,
    bool ContainersNest, int WarmContainers);
