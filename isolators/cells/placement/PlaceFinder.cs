using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>Finds the place for a payload by trying.</summary>
public static class PlaceFinder
{
    /// <summary>Makes the leaf at the first position that holds what must hold.</summary>
    public static PlaceResult Find(CellHost host, Entry entry, string leafName)
    {
        Leaf leaf = Leaf.Create(OwnPosition.Plan(host, leafName, entry.Limits), host.WithoutCounters);
        return new PlaceResult.Placed(leaf, new Placement(
            Position.Own, PlacementProperties.JobLimits | PlacementProperties.JobAccounting | PlacementProperties.CgroupProof, Ceilings.None, LimitKinds.None, ""));
    }
}
