using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: on a kernel without the newer counters and without its log, each figure that is missing is told as missing, and everything else holds.</summary>
public sealed class UsageFallbackTests
{
    [SkippableFact]
    public void WithoutPeaksPressureAndLogTheRestIsTold()
    {
        using Service service = Service.Prepare(Site.Policy);
        service.Arguments.AddRange(["--without-kernel", "pass-rights,peer-pidfd,memory-peak,swap-peak,pids-peak,pressure,kernel-log"]);
        service.Launch();
        using Client client = service.Shell.StartPayload("python3 -c 'x = bytearray(50000000); input()'");
        Until.Try(() => false, 0.3); // so that a sample sees it
        client.Process.StandardInput.WriteLine();
        client.Process.StandardInput.Flush();
        Assert.Equal(0, client.Wait());
        JsonElement usage = client.Find("ended")!.Value.GetProperty("usage");
        foreach (string name in new[] { "memoryPeakBytes", "processesPeak", "cpuPressureSomeMicroseconds", "ioPressureFullMicroseconds" })
            Assert.StartsWith("no counter here: ", usage.GetProperty("notAvailable").GetProperty(name).GetString(), StringComparison.Ordinal);
        Assert.True(usage.GetProperty("cpuUserMicroseconds").GetInt64() > 0);
        if (HasMemory(client))
            Assert.InRange(usage.GetProperty("memoryAnonSampledBytes").GetInt64(), 49_000_000, 120_000_000);
    }

    [SkippableFact]
    public void WithoutTheLogTheCountersSayOutOfMemoryAndTheVictimIsNotKnown()
    {
        using Service service = Service.Prepare(Site.Policy);
        service.Arguments.AddRange(["--without-kernel", "kernel-log"]);
        service.Launch();
        using Client client = service.Shell.StartPayload("bash -c 'read; exec python3 -c \"bytearray(300000000)\"'");
        string leaf = Path.GetFileName(client.Leaf);
        string? limit = Until.Directories("/sys/fs/cgroup", 6).Where(d => Path.GetFileName(d) == leaf)
            .SelectMany(d => new[] { d + "/memory.limit_in_bytes", d + "/memory.max" }).FirstOrDefault(File.Exists);
        Skip.If(limit is null, "the leaf has no memory controller here");
        File.WriteAllText(limit, "100000000");
        client.Process.StandardInput.WriteLine();
        client.Process.StandardInput.Flush();
        Assert.Equal(250, client.Wait());
        JsonElement ending = client.Find("ended")!.Value.GetProperty("ending");
        Assert.Equal(("out-of-memory", "payload"), (ending.GetProperty("kind").GetString(), ending.GetProperty("limit").GetString()));
        Assert.False(ending.TryGetProperty("victim", out _));
        Assert.Contains("killed: who is not known", client.Process.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AfterTheServiceWasKilledTheTicketKeepsTheFigures()
    {
        using Service service = Service.Start();
        using Client client = service.Shell.StartPayload("python3 -c 'import time\nx = bytearray(50000000)\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\nprint(1, flush=True); time.sleep(60)'");
        Assert.Equal("1", client.ReadLine());
        service.WardenStays = true;
        service.StopDaemon(9);
        if (!client.Process.WaitForExit(2000))
            client.Process.Kill();
        string ticket = $"{service.Run}/rooms/{client.Id}/ticket";
        Until.True(() => File.ReadAllText(ticket).Contains("\"ending\"", StringComparison.Ordinal), 5, () => File.ReadAllText(ticket));
        JsonElement usage = JsonDocument.Parse(File.ReadAllText(ticket)).RootElement.GetProperty("ending").GetProperty("usage");
        Assert.InRange(usage.GetProperty("cpuUserMicroseconds").GetInt64() + usage.GetProperty("cpuSystemMicroseconds").GetInt64(), 500_000, 5_000_000);
        Assert.True(usage.GetProperty("wallMicroseconds").GetInt64() > 500_000);
        if (usage.TryGetProperty("memoryPeakBytes", out JsonElement peak))
            Assert.InRange(peak.GetInt64(), 50_000_000, 500_000_000);
    }

    private static bool HasMemory(Client client)
        => !client.Find("ended")!.Value.GetProperty("usage").GetProperty("notAvailable").TryGetProperty("outOfMemoryKills", out _);
}
