using System.Collections.Frozen;
using Isolation.Wire;

namespace Isolation.Warden;

/// <summary>How far a room is. Each operation of a front belongs to one stage, or to a few.</summary>
internal enum RoomStage
{
    /// <summary>Built and empty.</summary>
    Built,

    /// <summary>A payload has entered.</summary>
    Entered,

    /// <summary>Its command was asked for: a cell looks for it once.</summary>
    Asked,

    /// <summary>Its command was found: only now a start makes sense.</summary>
    Resolved,

    /// <summary>It was told to start: its ending is worth a record.</summary>
    Running,

    /// <summary>Removed before it was told to start: nobody records it.</summary>
    Discarded,

    /// <summary>Over and removed; the ticket keeps the ending until somebody has recorded it.</summary>
    Ended,

    /// <summary>Of no room any more: what it was made of is closed.</summary>
    Gone,
}

/// <summary>The stages' order, and what a front is told of them.</summary>
internal static class RoomStages
{
    private static readonly FrozenDictionary<RoomStage, RoomStage[]> Next = new Dictionary<RoomStage, RoomStage[]>
    {
        [RoomStage.Built] = [RoomStage.Entered, RoomStage.Gone],
        [RoomStage.Entered] = [RoomStage.Asked, RoomStage.Discarded],
        [RoomStage.Asked] = [RoomStage.Resolved, RoomStage.Discarded],
        [RoomStage.Resolved] = [RoomStage.Running, RoomStage.Discarded],
        [RoomStage.Running] = [RoomStage.Ended],
        [RoomStage.Discarded] = [RoomStage.Gone],
        [RoomStage.Ended] = [RoomStage.Gone],
        [RoomStage.Gone] = [],
    }.ToFrozenDictionary();

    /// <summary>The next stage.</summary>
    /// <exception cref="InvalidOperationException">There is no way from here to there: a bug.</exception>
    internal static RoomStage To(this RoomStage from, RoomStage to)
        => Next[from].Contains(to) ? to : throw new InvalidOperationException($"a room cannot go from {from} to {to}");

    /// <summary>Nothing of it runs any more.</summary>
    internal static bool IsOver(this RoomStage stage) => stage is RoomStage.Discarded or RoomStage.Ended or RoomStage.Gone;

    /// <summary>As a list of rooms tells it.</summary>
    internal static RoomState Wire(this RoomStage stage) => stage switch
    {
        RoomStage.Built => RoomState.Built,
        RoomStage.Entered or RoomStage.Asked or RoomStage.Resolved => RoomState.Entered,
        RoomStage.Running => RoomState.Running,
        _ => RoomState.Ended,
    };
}
