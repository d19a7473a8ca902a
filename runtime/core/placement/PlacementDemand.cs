namespace Isolation.Core;

/// <summary>What policy wants of a payload's place. It says what must hold, not where.</summary>
/// <param name="Must">Without these the payload does not run.</param>
/// <param name="Want">The place with the most of these is taken.</param>
/// <param name="MayLose">Ceilings of the pilot that a place may leave behind.</param>
/// <param name="Limits">What becomes of a limit that the place cannot enforce.</param>
public sealed record PlacementDemand(PlacementProperties Must, PlacementProperties Want, Ceilings MayLose, LimitLaw Limits)
{
    /// <summary>What a policy without the section <c>placement</c> means.</summary>
    public static readonly PlacementDemand Default = new(
        PlacementProperties.JobLimits,
        PlacementProperties.JobAccounting | PlacementProperties.OwnLimits | PlacementProperties.CgroupProof,
        Ceilings.None,
        LimitLaw.Enforce);

    /// <summary>Why a place that holds and loses this does not do; null when it does.</summary>
    public string? Objection(PlacementProperties holds, Ceilings lost)
    {
        PlacementProperties missing = Must & ~holds;
        if (missing != PlacementProperties.None)
            return $"does not hold {string.Join(", ", missing.Names())}";
        Ceilings left = lost & ~MayLose;
        return left == Ceilings.None ? null : $"would leave the pilot's {string.Join(", ", left.Names())} behind";
    }
}

/// <summary>What becomes of a limit that a place cannot enforce.</summary>
public enum LimitLaw : byte
{
    /// <summary>The payload does not run there.</summary>
    Enforce = 0,

    /// <summary>It runs without, and the record says so.</summary>
    BestEffort = 1,
}
