using System.Text.Json;

namespace Isolation.Slurm.Tests;

/// <summary>Promise: a payload that outgrows its own limit, or its Slurm job's, ends out of memory with whose limit it was, and Slurm does not call the job out of memory where the kernel counts only where the victim was (v1).</summary>
[Collection(SharedClusterTests.Name)]
public sealed class MemoryTests(SharedCluster shared)
{
    [SkippableTheory]
    [InlineData("--limit memory=100MiB", 200, "payload")]
    [InlineData("", 700, "job")]
    public void ItsEndingNamesTheLimit(string options, int held, string limit)
    {
        using Job job = Job.Submit(shared.Get(), $"$A run {options} --status-file $STATUS -- sh -c 'sleep 1; exec /usr/bin/python3 '$PAYLOADS'/burn.py {held} 0 0'; echo code $?", shared.Service());
        JsonElement payload = job.AwaitPayload();
        job.AwaitOutput("code");
        job.AwaitEnd();
        JsonElement record = Aftermath.Record(shared.Service(), payload);
        Assert.Equal(("out-of-memory", limit), (Aftermath.Ending(record), record.GetProperty("ending").GetProperty("limit").GetString()));
        Assert.Contains("code 250", job.Output, StringComparison.Ordinal);
        // Below a task of v2, which holds processes, no limit of its own is to be had.
        Assert.Equal(CgroupPlugin.OfThisHost.IsV2 && options.Length > 0 ? "beside" : "below", payload.GetProperty("placement").GetProperty("position").GetString());
        // On v2 the kernel counts a kill in all cgroups above the victim, and Slurm reads those of the step and the job.
        Assert.Equal(CgroupPlugin.OfThisHost.IsV2 ? "OUT_OF_MEMORY" : "COMPLETED", job.State);
        Assert.Equal(job.State, job.Account("batch").State);
        Aftermath.NothingIsLeft(shared.Service(), payload);
        Aftermath.SlurmIsTidy(job);
    }
}
