namespace Isolation.Core.Tests;

/// <summary>Promise: of the positions that hold what must hold, the first with the most of what is wanted is taken, and each other one says why not.</summary>
public sealed class PlaceChoiceTests
{
    private const PlacementProperties All =
        PlacementProperties.JobLimits | PlacementProperties.JobAccounting | PlacementProperties.OwnLimits | PlacementProperties.CgroupProof;

    private static readonly SurveyedPosition Beside = new(Position.Beside, All & ~PlacementProperties.JobAccounting, Ceilings.None, LimitKinds.None, "", "", true);
    private static readonly SurveyedPosition Below = Beside with { Position = Position.Below, Holds = All };
    private static readonly SurveyedPosition Own = Beside with { Position = Position.Own, Holds = PlacementProperties.OwnLimits | PlacementProperties.CgroupProof };

    [Fact]
    public void TheMostOfWhatIsWantedIsTaken()
    {
        PlaceChoice choice = Choose(PlacementDemand.Default, Beside, Below, Own);
        Assert.Equal(Below, choice.Taken);
        Assert.Equal(["below holds more of what is wanted", null, "does not hold job-limits"], choice.Considered.Select(c => c.WhyNot));
    }

    [Fact]
    public void OfEqualsTheFirstIsTaken()
    {
        PlaceChoice choice = Choose(PlacementDemand.Default with { Want = PlacementProperties.OwnLimits }, Beside, Below);
        Assert.Equal([null, "beside is tried before it"], choice.Considered.Select(c => c.WhyNot));
    }

    [Fact]
    public void WhatIsImpossibleSaysWhatWasSeen()
    {
        PlaceChoice choice = Choose(PlacementDemand.Default, Beside with { IsPossible = false, Why = "it holds processes" });
        Assert.Null(choice.Taken);
        Assert.Equal("it holds processes", Assert.Single(choice.Considered).WhyNot);
    }

    [Fact]
    public void ACeilingIsLeftBehindOnlyWherePolicyNamesIt()
    {
        SurveyedPosition losing = Beside with { Lost = Ceilings.Devices | Ceilings.Cpus };
        Assert.Equal("would leave the pilot's cpus, devices behind", Choose(PlacementDemand.Default, losing).Considered[0].WhyNot);
        Assert.Equal("would leave the pilot's cpus behind", Choose(PlacementDemand.Default with { MayLose = Ceilings.Devices }, losing).Considered[0].WhyNot);
        Assert.Equal(losing, Choose(PlacementDemand.Default with { MayLose = Ceilings.Devices | Ceilings.Cpus }, losing).Taken);
    }

    [Fact]
    public void ALimitThatCannotBeEnforcedIsLeftOutOnlyWherePolicySaysBestEffort()
    {
        SurveyedPosition weak = Beside with { NotEnforced = LimitKinds.Swap };
        Assert.Equal("cannot enforce the limit on swap", Choose(PlacementDemand.Default, weak).Considered[0].WhyNot);
        Assert.Equal(weak, Choose(PlacementDemand.Default with { Limits = LimitLaw.BestEffort }, weak).Taken);
    }

    private static PlaceChoice Choose(PlacementDemand demand, params SurveyedPosition[] surveyed) => PlaceChoice.Of([.. surveyed], demand);
}
