namespace Isolation.Core.Tests.Pipeline;

/// <summary>Promise: a payload that is only logged borrows no account and keeps none back; its record says what it would have had, also where that is nothing.</summary>
public sealed class LogOnlyTests
{
    private static readonly Decision.Admit Logged = Samples.Admit with { Level = Level.LogOnly, RoomKind = "forked", Would = Samples.Admit };

    [Fact]
    public async Task ItRunsAsItsPilotAndBorrowsNothing()
    {
        Scene scene = new() { Decision = Logged };
        scene.Isolator.Level = Level.LogOnly;
        PayloadRequest request = Samples.Request();
        request = request with { Pilot = request.Pilot with { Groups = [new GroupId(4)] } };
        Assert.Equal(new Ending.Exited(0), (await scene.RunAsync(request)).Ending);
        AdmittedRecord admitted = Assert.Single(scene.Admitted);
        Assert.Equal((request.Pilot.Uid, request.Pilot.Gid), (admitted.Lease.Account.Uid, admitted.Lease.Account.Gid));
        Assert.Equal(new GroupId(4), Assert.Single(admitted.Lease.Account.Groups));
        Assert.Equal(PilotsOwnAccount.Rule, admitted.Lease.Rule);
        Assert.DoesNotContain("take", scene.Journal);
        Assert.Empty(scene.Released);
    }

    [Fact]
    public async Task TheRecordSaysWhatItWouldHaveHad()
    {
        Scene scene = new() { Decision = Logged };
        scene.Isolator.Level = Level.LogOnly;
        await scene.RunAsync();
        var would = Assert.IsType<WouldHave.Run>(Assert.Single(scene.Admitted).Would);
        Assert.Equal(Level.Setuid, would.Decision.Level);
        Assert.Equal(Samples.Lease.Account, would.Account);
        Assert.True(would.Placement.Holds.HasFlag(PlacementProperties.CgroupProof));
    }

    [Fact]
    public async Task ALevelThatIsolatesHasNoSuchEntry()
    {
        Scene scene = new();
        await scene.RunAsync();
        Assert.Null(Assert.Single(scene.Admitted).Would);
        Assert.DoesNotContain("preview", scene.Journal);
    }

    [Fact]
    public void WhatWouldNotHaveRunSaysWhy()
    {
        Placement place = new(Position.Own, PlacementProperties.JobLimits, Ceilings.None, LimitKinds.Memory | LimitKinds.OpenFiles, "");
        var lent = new LeaseResult.Lent(Samples.Lease);
        Assert.Contains("memory", Assert.IsType<WouldHave.NotRun>(WouldHave.Of(Samples.Admit, lent, place)).Why, StringComparison.Ordinal);
        Assert.IsType<WouldHave.Run>(WouldHave.Of(Samples.Admit with { Placement = PlacementDemand.Default with { Limits = LimitLaw.BestEffort } }, lent, place));
        Assert.Equal("all are lent", Assert.IsType<WouldHave.NotRun>(WouldHave.Of(Samples.Admit, new LeaseResult.Exhausted("all are lent", "wait"), place)).Why);
        var none = Assert.IsType<WouldHave.NotRun>(WouldHave.Of(new Decision.Unavailable("not ready", "mend it", PilotMayRun: true), null, place));
        Assert.Equal(("not ready", null), (none.Why, none.Decision));
    }

    [Fact]
    public async Task AChildThatWasNotPlacedIsTheSandboxsFailureInTheWardensWords()
    {
        Scene scene = new() { Decision = Logged };
        scene.Isolator.Level = Level.LogOnly;
        scene.Faults["start"] = new SetupException("unplaced", "the client's child ended");
        Assert.Equal("unplaced", Assert.IsType<Ending.SetupFailed>((await scene.RunAsync()).Ending).Step);
        Assert.Equal("warden", Assert.Single(scene.Endings).Observer);
    }
}
