using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: what the site writes under <c>placement</c> and <c>limits</c> is what the warden is told of each payload's place, and explaining says so.</summary>
public sealed class PlacementTests
{
    private const PlacementProperties All =
        PlacementProperties.JobLimits | PlacementProperties.JobAccounting | PlacementProperties.OwnLimits | PlacementProperties.CgroupProof;

    /// <summary>Lines of the file, and the demand.</summary>
    public static TheoryData<string, PlacementProperties, PlacementProperties, Ceilings, LimitLaw> Demands => new()
    {
        { "placement: {}", PlacementProperties.JobLimits, All & ~PlacementProperties.JobLimits, Ceilings.None, LimitLaw.Enforce },
        { "placement: { must: [own-limits, cgroup-proof] }", PlacementProperties.OwnLimits | PlacementProperties.CgroupProof,
            PlacementProperties.JobLimits | PlacementProperties.JobAccounting, Ceilings.None, LimitLaw.Enforce },
        { "placement: { must: [] }", PlacementProperties.None, All, Ceilings.None, LimitLaw.Enforce },
        { "placement: { must: [], want: [] }", PlacementProperties.None, PlacementProperties.None, Ceilings.None, LimitLaw.Enforce },
        { "placement: { want: [own-limits] }", PlacementProperties.JobLimits, PlacementProperties.OwnLimits, Ceilings.None, LimitLaw.Enforce },
        { "placement: { must: [job-limits, job-accounting, own-limits, cgroup-proof] }", All, PlacementProperties.None, Ceilings.None, LimitLaw.Enforce },
        { "placement: { may-lose: [devices, cpus] }", PlacementProperties.JobLimits, All & ~PlacementProperties.JobLimits, Ceilings.Devices | Ceilings.Cpus,
            LimitLaw.Enforce },
        { "placement: { may-lose: [cpus, memory-nodes, io-limits, devices] }\nlimits: best-effort", PlacementProperties.JobLimits, All & ~PlacementProperties.JobLimits,
            Ceilings.Cpus | Ceilings.MemoryNodes | Ceilings.IoLimits | Ceilings.Devices, LimitLaw.BestEffort },
        { "limits: enforce", PlacementProperties.JobLimits, All & ~PlacementProperties.JobLimits, Ceilings.None, LimitLaw.Enforce },
    };

    [Theory]
    [MemberData(nameof(Demands))]
    public void The_demand_is_what_is_written(string lines, PlacementProperties must, PlacementProperties want, Ceilings mayLose, LimitLaw law)
    {
        string text = Files.With(("site: TEST", $"site: TEST\n{lines}"));
        Assert.Equal(new PlacementDemand(must, want, mayLose, law), Assert.IsType<Decision.Admit>(Asks.Decide(text, Asks.Of())).Placement);
        Assert.Equal(new PlacementDemand(must, want, mayLose, law), Assert.IsType<Decision.Admit>(Asks.Decide(text, Asks.Of(job: "42"))).Placement);
    }

    [Fact]
    public void Limits_are_passed_on_for_the_place_to_enforce()
    {
        string text = Files.With(("match: {}", "match: {}\n    limits: { memory: 1GiB, swap: 0, pids: 5, cpus: 1.5, cpu-weight: 50, io-weight: 10000, files: 64 }"));
        var admit = Assert.IsType<Decision.Admit>(Asks.Decide(text, Asks.Of()));
        Assert.Equal(
            new Limits { MemoryBytes = 1L << 30, SwapBytes = 0, Processes = 5, MilliCpus = 1500, CpuWeight = 50, IoWeight = 10_000, OpenFiles = 64 }, admit.Limits);
    }

    [Theory]
    [InlineData("cpus: 0.001", 1)]
    [InlineData("cpus: 2", 2000)]
    [InlineData("cpus: \"01.50\"", 1500)]
    [InlineData("cpus: 8192", 8_192_000)]
    public void Cpus_are_thousandths(string limit, long thousandths)
        => Assert.Equal(thousandths, Assert.IsType<Decision.Admit>(Asks.Decide(Files.With(("match: {}", $"match: {{}}\n    limits: {{ {limit} }}")), Asks.Of())).Limits.MilliCpus);

    [Fact]
    public void Explaining_names_each_limit_with_its_source_and_the_place()
    {
        string text = Files.With(
            ("match: {}", "match: {}\n    limits: { wall: 90m, memory: 4GiB, swap: 0, cpus: 1.5 }"), ("claims: trusted", "limits: { wall: 2h, pids: 100, memory: 2GiB }"),
            ("site: TEST", "site: TEST\nplacement: { must: [], want: [cgroup-proof], may-lose: [devices] }\nlimits: best-effort"));
        var request = new Limits { Wall = TimeSpan.FromHours(4), OpenFiles = 64, MemoryBytes = 5000, Processes = 100 };
        IEnumerable<string> trail = Files.Snapshot(text).Explain(Asks.Of(limits: request), Asks.Classic).Trail;
        Assert.Contains("These limits apply: wall 90m (rule), memory 5000 bytes (request), swap 0 (rule), pids 100 (class), cpus 1.5 (rule), files 64 (request).", trail);
        Assert.Contains("Its place must hold nothing; wanted: cgroup-proof; it may leave behind devices; a limit that it cannot enforce is left out and recorded. "
            + "The place is found when the payload enters.", trail);
    }
}
