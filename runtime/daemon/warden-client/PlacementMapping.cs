using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>Limits and places, in the words of Core and in those of the warden's table.</summary>
internal static class PlacementMapping
{
    /// <summary>Limits as the warden takes them.</summary>
    public static RoomLimits Of(Limits limits) => new(
        limits.Wall is { } wall ? Math.Max(1, (long)wall.TotalMilliseconds) : -1,
        limits.MemoryBytes ?? -1, limits.SwapBytes ?? -1, limits.Processes ?? -1,
        limits.CpuWeight ?? -1, limits.MilliCpus ?? -1, limits.IoWeight ?? -1, limits.OpenFiles ?? -1,
        limits.ScratchBytes ?? -1, limits.ScratchFiles ?? -1);

    /// <summary>A demand as the warden takes it.</summary>
    public static PlaceDemand Of(PlacementDemand demand) => new((byte)demand.Must, (byte)demand.Want, (byte)demand.MayLose, (byte)demand.Limits);

    /// <summary>Where a cell is.</summary>
    /// <exception cref="WireException">There is no such position or network.</exception>
    public static CellSite Of(EnterAnswer.Entered entered) => Enum.IsDefined((Position)entered.Position) && Enum.IsDefined((CellNetwork)entered.Network)
        ? new CellSite(
            new Placement((Position)entered.Position, (PlacementProperties)entered.Holds, (Ceilings)entered.Lost, (LimitKinds)entered.NotEnforced, entered.Why),
            entered.Cgroup, entered.Scratch, (CellNetwork)entered.Network) { ImageDigest = entered.Image.Length > 0 ? entered.Image : null }
        : throw new WireException($"position {entered.Position} or network {entered.Network} does not exist");

    /// <summary>The client's end of the exchange, where one came.</summary>
    /// <exception cref="WireException">It is of no known kind, or did not come.</exception>
    public static ExchangeEnd? Of(byte exchange, WardenReply reply) => exchange == 0 ? null
        : Enum.IsDefined((ExchangeKind)exchange) ? new ExchangeEnd((ExchangeKind)exchange, reply.TakeDescriptor())
        : throw new WireException($"an exchange of kind {exchange} does not exist");

    /// <summary>Why there is no place.</summary>
    /// <exception cref="WireException">There is no such obstacle.</exception>
    public static EnterResult.NotPlaced Of(EnterAnswer.NotPlaced none) => Enum.IsDefined((PlaceObstacle)none.Obstacle)
        ? new EnterResult.NotPlaced((PlaceObstacle)none.Obstacle, none.Cause, none.Fix)
        : throw new WireException($"obstacle {none.Obstacle} does not exist");
}
