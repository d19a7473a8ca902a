namespace Isolation.Batch.Tests;

/// <summary>
/// Promise: in every tree of a batch system and at every position the service claims of a payload's place what can be measured there, and docs/placement.md
/// says no other.
/// </summary>
public sealed class PlacementTableTests(MeasuredPlaces places) : IClassFixture<MeasuredPlaces>
{
    public static TheoryData<string> Trees => [.. MeasuredPlaces.Trees];

    [SkippableTheory]
    [MemberData(nameof(Trees))]
    public void WhatIsClaimedIsMeasured(string name)
    {
        string[] positions = name.StartsWith("htcondor-v2", StringComparison.Ordinal) ? ["beside", "below", "inside", "own"] : ["beside", "below", "own"];
        Assert.Equal(positions, places.Of(name).Select(row => row.Position));
    }

    public static TheoryData<string> TreesOfContainers => [.. MeasuredPlaces.Trees.Where(name => name is "slurm-v1" or "htcondor-v1" or "htcondor-v2")];

    [SkippableTheory]
    [MemberData(nameof(TreesOfContainers))]
    public void OfContainersTooAndItHoldsWhatHoldsOfOthersThere(string name)
    {
        IReadOnlyList<PlaceRow> rows = places.InContainers(name);
        Assert.NotEmpty(rows);
        foreach (PlaceRow row in rows)
        {
            PlaceRow other = places.Of(name).Single(r => r.Position == row.Position);
            Assert.Equal((other.JobLimits, other.Accounting, other.OwnLimits, other.Kill), (row.JobLimits, row.Accounting, row.OwnLimits, row.Kill));
            Assert.Contains("pid namespace", row.Emptiness, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void ThePageSaysWhatWasMeasured()
    {
        string kind = MeasuredPlaces.IsUnified ? "v2" : "v1";
        string measured = PlacementPage.Keep(kind, MeasuredPlaces.Trees.SelectMany(places.Of));
        Assert.Equal(measured, PlacementPage.Written(kind));
    }
}
