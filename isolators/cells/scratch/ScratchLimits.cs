using Isolation.Core;

namespace Isolation.Cells;

/// <summary>What becomes of limits of the scratch, where its file system can hold them and where it cannot.</summary>
public static class ScratchLimits
{
    /// <summary>The setting that lets a file system hold them.</summary>
    public const string Fix = "Put the state directory on xfs mounted with the option prjquota, or on ext4 with the feature project (tune2fs -O project,quota -Q prjquota, "
        + "unmounted) mounted with prjquota; or set 'limits: best-effort', or ask without the limit.";

    /// <summary>Why a payload cannot enter: a limit of its scratch would not be enforced, and policy wants it to be. Null where it can.</summary>
    public static EnterResult.NotPlaced? Objection(CellHost host, Entry entry)
    {
        LimitKinds asked = ScratchProjects.Of(entry.Limits);
        return asked != LimitKinds.None && entry.Placement.Limits == LimitLaw.Enforce && ScratchProjects.WhyNot(host) is string cause
            ? new EnterResult.NotPlaced(PlaceObstacle.Limit, $"a limit on {string.Join(", ", asked.Names())} cannot be enforced: {cause}", Fix)
            : null;
    }

    /// <summary>The limits that a scratch is made with.</summary>
    public static Limits Enforced(CellHost host, Limits limits)
        => ScratchProjects.Of(limits) == LimitKinds.None || ScratchProjects.WhyNot(host) is not null ? Limits.None : limits;

    /// <summary>A place, with what of the scratch is not enforced named among what it does not hold.</summary>
    public static Placement Told(CellHost host, Limits limits, Placement placement)
    {
        LimitKinds missing = ScratchProjects.Of(limits) & ~ScratchProjects.Of(Enforced(host, limits));
        return missing == LimitKinds.None ? placement : placement with { NotEnforced = placement.NotEnforced | missing };
    }
}
