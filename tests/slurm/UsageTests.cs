using System.Globalization;
using System.Text.Json;

namespace Isolation.Slurm.Tests;

/// <summary>Promise: what a payload of a Slurm job uses is in the job's own accounting and in the record, each within 3 % of what a known load used.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class UsageTests(SharedCluster shared)
{
    private const long MiB = 1 << 20;

    [SkippableFact]
    public void APayloadThatBurns60SecondsAndHolds300MiBIsInItsJobsAccountingAndInTheRecord()
    {
        Job job = shared.Load();
        JsonElement payload = job.AwaitPayload();
        job.AwaitEnd(300);
        string[] told = job.Output.Split(' ');
        double cpu = double.Parse(told[1], CultureInfo.InvariantCulture);
        long held = long.Parse(told[3], CultureInfo.InvariantCulture);
        Assert.InRange(cpu, SharedCluster.LoadSeconds, SharedCluster.LoadSeconds + 1);
        Assert.InRange(held, 300 * MiB, 300 * MiB * 1.03);

        StepAccount account = job.Account("batch");
        Assert.Equal("COMPLETED", account.State);
        Assert.InRange(account.Cpu.TotalSeconds / cpu, 0.97, 1.03);
        Assert.InRange(account.MaxRss / (double)held, 0.97, 1.03);

        JsonElement usage = Aftermath.Record(shared.Service(), payload).GetProperty("usage");
        Assert.InRange((Figure(usage, "cpuUserMicroseconds") + Figure(usage, "cpuSystemMicroseconds")) / 1e6 / cpu, 0.97, 1.03);
        // Below a task of v2, which holds processes, the leaf has no memory controller.
        if (CgroupPlugin.OfThisHost.IsV2)
        {
            Assert.All(["memoryAnonSampledBytes", "memoryPeakBytes"], name => Assert.False(usage.GetProperty(name).TryGetProperty("value", out _), usage.GetRawText()));
        }
        else
        {
            Assert.InRange(Figure(usage, "memoryAnonSampledBytes") / (double)held, 0.97, 1.03);
            Assert.InRange(Figure(usage, "memoryPeakBytes") / (double)held, 0.97, 1.06); // with the pages of files that it read
        }

        Aftermath.NothingIsLeft(shared.Service(), payload);
        Aftermath.SlurmIsTidy(job);
    }

    private static long Figure(JsonElement usage, string name) => usage.GetProperty(name).GetProperty("value").GetInt64();
}
