using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: what the record says a payload used is what it used: a known load is found again within 3 %.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class UsageTests(SharedService shared)
{
    // Counts its own CPU time, which the kernel splits by the same clock, and says it at the end.
    private const string Spin = """
        import os, time, resource
        end = time.process_time() + 1.5
        while time.process_time() < end:
            for i in range(20000): pass
        u = resource.getrusage(resource.RUSAGE_SELF)
        print(u.ru_utime, u.ru_stime)
        """;

    private const string CallAlot = """
        import os, time, resource
        f = os.open('/dev/zero', os.O_RDONLY)
        end = time.process_time() + 1.5
        while time.process_time() < end:
            os.read(f, 1 << 20)
        u = resource.getrusage(resource.RUSAGE_SELF)
        print(u.ru_utime, u.ru_stime)
        """;

    private const string Hold = """
        import mmap, time
        m = mmap.mmap(-1, 200000000)
        for i in range(0, len(m), 4096): m[i] = 1
        time.sleep(float(__import__('sys').argv[1]))
        print('held')
        """;

    [SkippableTheory]
    [InlineData(Spin)]
    [InlineData(CallAlot)]
    public void CpuTimeIsWhatTheLoadItselfCounted(string load)
    {
        using Client client = Start(load, "");
        double[] own = [.. client.ReadLine().Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        JsonElement usage = Ended(client);
        double user = usage.GetProperty("cpuUserMicroseconds").GetInt64() / 1e6, system = usage.GetProperty("cpuSystemMicroseconds").GetInt64() / 1e6;
        Assert.InRange((user + system) / (own[0] + own[1]), 0.97, 1.03);
        // How ticks are split between both is the kernel's guess for a process as for a cgroup.
        Assert.InRange(user, own[0] - 0.1, own[0] + 0.1);
        Assert.InRange(system, own[1] - 0.1, own[1] + 0.1);
    }

    [SkippableFact]
    public void MemoryIsWhatTheLoadHeld()
    {
        // What an interpreter needs by itself is not of the load.
        long own = Peak(Start("print('held')", ""));
        using Client client = Start(Hold, "1");
        JsonElement usage = client.ReadLine() == "held" ? Ended(client) : default;
        Assert.InRange((usage.GetProperty("memoryPeakBytes").GetInt64() - own) / 200e6, 0.97, 1.03);
        // A sample saw it; what it held is counted in whole pages.
        Assert.InRange(usage.GetProperty("memoryAnonSampledBytes").GetInt64() + usage.GetProperty("memoryFileSampledBytes").GetInt64(), 194_000_000, 230_000_000);
        Assert.True(usage.GetProperty("memoryMappedSampledBytes").GetInt64() >= usage.GetProperty("memoryMappedSampledAverageBytes").GetInt64());
    }

    [SkippableTheory]
    [InlineData("oflag=direct")]
    [InlineData("conv=fsync")]
    public void BytesWrittenAreCountedWhereTheKernelCountsThem(string how)
    {
        const long written = 50L << 20;
        using Client client = shared.Get().Shell.StartPayload($"dd if=/dev/zero of=file bs=1M count=50 {how} status=none");
        JsonElement usage = Ended(client);
        if (Isolation.Linux.CgroupLayout.Read().V1.ContainsKey("blkio")) // v1 counts only devices with a throttle rule, and nothing that is written back later
            Assert.Contains("ioWrittenBytes", usage.GetProperty("notAvailable").EnumerateObject().Select(f => f.Name));
        else
            Assert.InRange(usage.GetProperty("ioWrittenBytes").GetInt64() / (double)written, 0.97, 1.03);
    }

    [SkippableFact]
    public void EachFigureIsMeasuredOrSaysWhyNot()
    {
        using Client client = shared.Get().Shell.StartPayload("sleep 0.3");
        Assert.Equal(0, client.Wait());
        JsonElement usage = client.Find("ended")!.Value.GetProperty("usage");
        string[] measured = [.. usage.EnumerateObject().Select(p => p.Name).Where(n => n != "notAvailable")];
        string[] missing = [.. usage.GetProperty("notAvailable").EnumerateObject().Select(p => p.Name)];
        Assert.Equal(27, measured.Length + missing.Length);
        Assert.Empty(measured.Intersect(missing));
        Assert.InRange(usage.GetProperty("wallMicroseconds").GetInt64(), 300_000, 3_000_000);
        if (Isolation.Linux.CgroupLayout.Read().V1.ContainsKey("blkio"))
            Assert.Contains("v1", usage.GetProperty("notAvailable").GetProperty("ioWrittenBytes").GetString(), StringComparison.Ordinal);
        string record = shared.Get().Shell.Bash($"$ROOT trace --payload {client.Id} --json").Expect(0).Lines.Single(l => l.Contains("\"type\":\"ended\"", StringComparison.Ordinal));
        JsonElement kept = JsonDocument.Parse(record).RootElement.GetProperty("usage");
        foreach (string name in measured)
            Assert.Equal(usage.GetProperty(name).GetInt64(), kept.GetProperty(name).GetProperty("value").GetInt64());
        Assert.All(missing, name => Assert.Equal(JsonValueKind.String, kept.GetProperty(name).GetProperty("notAvailable").ValueKind));
    }

    [SkippableFact]
    public void AUsageFileHasARunningSummaryAndTheLastOne()
    {
        Service service = shared.Get();
        string file = $"{service.Work}/usage-{Guid.NewGuid():N}";
        using Client client = Start(Hold, "3", $"--usage-file {file} --usage-interval 1s");
        // After the first summary, which says little yet, the next ones see what is held; each is a whole one.
        Until.True(() => File.Exists(file) && Max(file, "pss") > 190_000_000 / 1024, 15, () => File.Exists(file) ? File.ReadAllText(file) : "no file");
        Assert.False(client.Process.HasExited);
        Assert.Equal("held", client.ReadLine());
        JsonElement usage = Ended(client);
        Assert.Equal(usage.GetProperty("wallMicroseconds").GetInt64() / 1_000_000, Max(file, "wtime"));
        Assert.Equal(usage.GetProperty("memoryPeakBytes").GetInt64() / 1024, Max(file, "cgroup_mem_current"));
        Assert.Equal("644 isotest-a", service.Shell.Bash($"stat -c '%a %U' {file}").Silent());
        Assert.False(File.Exists(file + ".new"));
    }

    [SkippableTheory]
    [InlineData("/dev/null")]
    [InlineData("$WORK/no-such-directory/f")]
    [InlineData("/proc/self/f")]
    [InlineData("/tmp/")]
    public void AUsageFileThatCannotBeWrittenIsRefusedBeforeAnythingRuns(string file)
        => Assert.Contains("--usage-file", shared.Get().Shell.Bash($"$A run --usage-file {file} -- echo ran").Expect(240).Errors, StringComparison.Ordinal);

    [SkippableFact]
    public void AUsageFileThatIsALinkIsRefusedAndItsTargetUntouched()
    {
        Service service = shared.Get();
        string link = $"link-{Guid.NewGuid():N}";
        service.Shell.Bash($"echo mine > target; ln -s target {link}; $A run --usage-file {link} -- echo ran").Expect(240);
        Assert.Equal("mine", service.Shell.Bash("cat target").Silent());
    }

    private Client Start(string program, string arguments, string options = "")
    {
        Service service = shared.Get();
        string file = $"{service.Work}/load-{Guid.NewGuid():N}.py";
        File.WriteAllText(file, program);
        return service.Shell.StartPayload($"python3 {file} {arguments}", options);
    }

    private static long Max(string file, string name)
        => JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("Max").TryGetProperty(name, out JsonElement value) ? value.GetInt64() : -1;

    private static long Peak(Client client)
    {
        using (client)
        {
            Assert.Equal("held", client.ReadLine());
            return Ended(client).GetProperty("memoryPeakBytes").GetInt64();
        }
    }

    private static JsonElement Ended(Client client)
    {
        Assert.Equal(0, client.Wait());
        return client.Find("ended")!.Value.GetProperty("usage");
    }
}
