using System.Globalization;
using System.Text.Json;

namespace Isolation.Slurm.Tests;

/// <summary>Promise: what these tests read out of Slurm's accounting is what a known load used, so that the figures told for payloads can be compared with it.</summary>
[Collection(SharedClusterTests.Name)]
public sealed class AccountingTests(SharedCluster shared)
{
    private const long MiB = 1 << 20;

    [SkippableFact]
    public void ALoadOfTheJobItselfIsInItsAccounting()
    {
        using Job job = Job.Submit(shared.Get(), "/usr/bin/python3 $PAYLOADS/burn.py 150 6 2");
        job.AwaitEnd();
        StepAccount account = job.Account("batch");
        double told = double.Parse(job.Output.Split(' ')[1], CultureInfo.InvariantCulture);
        // Slurm samples every second and tells whole seconds.
        Assert.InRange(account.Cpu.TotalSeconds, told - 2, told + 1);
        Assert.InRange(account.MaxRss, 150 * MiB, 175 * MiB);
        Assert.Equal("COMPLETED", account.State);
    }

    [SkippableFact]
    public void APayloadThatBurns60SecondsAndHolds300MiBIsInItsJobsAccountingAndInTheRecord()
    {
        Job job = shared.Load();
        JsonElement payload = job.AwaitPayload();
        job.AwaitEnd(300);
        string[] told = job.Output.Split(' ');
        double cpu = double.Parse(told[1], CultureInfo.InvariantCulture);
        long held = long.Parse(told[3], CultureInfo.InvariantCulture);
        Assert.InRange(cpu, 60, 61);
        Assert.InRange(held, 300 * MiB, 300 * MiB * 1.03);

        StepAccount account = job.Account("batch");
        Assert.Equal("COMPLETED", account.State);
        Assert.InRange(account.Cpu.TotalSeconds / cpu, 0.97, 1.03);
        Assert.InRange(account.MaxRss / (double)held, 0.97, 1.03);

        JsonElement usage = Aftermath.Record(shared.Service(), payload).GetProperty("usage");
        Assert.InRange((Figure(usage, "cpuUserMicroseconds") + Figure(usage, "cpuSystemMicroseconds")) / 1e6 / cpu, 0.97, 1.03);
        Assert.InRange(Figure(usage, "memoryAnonSampledBytes") / (double)held, 0.97, 1.03);
        Assert.InRange(Figure(usage, "memoryPeakBytes") / (double)held, 0.97, 1.06); // with the pages of files that it read
        Aftermath.NothingIsLeft(shared.Service(), payload);
        Aftermath.SlurmIsTidy(job);
    }

    [SkippableFact]
    public void AJobAboveItsMemoryIsToldOutOfMemory()
    {
        using Job job = Job.Submit(shared.Get(), "/usr/bin/python3 $PAYLOADS/burn.py 700 1 1");
        job.AwaitEnd();
        Assert.Equal("OUT_OF_MEMORY", job.Account("batch").State);
    }

    private static long Figure(JsonElement usage, string name) => usage.GetProperty(name).GetProperty("value").GetInt64();
}
