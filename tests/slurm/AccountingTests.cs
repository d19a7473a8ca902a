using System.Globalization;

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
    public void AJobAboveItsMemoryIsToldOutOfMemory()
    {
        using Job job = Job.Submit(shared.Get(), "/usr/bin/python3 $PAYLOADS/burn.py 700 1 1");
        job.AwaitEnd();
        Assert.Equal("OUT_OF_MEMORY", job.Account("batch").State);
    }
}
