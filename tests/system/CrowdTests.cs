using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: thousands of processes that ignore every signal they can, storms of forks and threads, and memory hogs within their limits are told right, and are gone and proven gone when their ending is on record.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class CrowdTests(SharedService shared)
{
    private static readonly int Crowd = Until.Many(2000);

    // Every one in a session of its own, and nobody minds TERM, HUP or INT.
    private const string Crowds = """
        import os, signal, sys, time
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT): signal.signal(number, signal.SIG_IGN)
        for i in range(int(sys.argv[1]) - 1):
            if os.fork() == 0:
                os.setsid(); signal.pause(); os._exit(0)
        print("ready", flush=True)
        while True: signal.pause()
        """;

    private const string Storm = """
        import os, signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ready", flush=True)
        while True:
            try: os.fork()
            except OSError: pass
        """;

    private const string Threads = """
        import threading, time
        made = 0
        try:
            while made < 5000:
                threading.Thread(target=time.sleep, args=(30,), daemon=True).start(); made += 1
        except RuntimeError: pass
        print(made, flush=True)
        import os; os._exit(6)
        """;

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void TwoThousandThatIgnoreSignalsAreGoneAndProven(bool byAnOperator)
    {
        using Client client = shared.Get().Shell.StartPayload($"python3 {Script("crowd", Crowds)} {Crowd}", $"--limit pids={Crowd + 100}");
        Assert.Equal("ready", Ready(client, 60));
        Assert.Equal(Crowd, HostProcess.OfUid(client.Uid).Count);
        if (byAnOperator)
            shared.Get().Shell.Bash($"$ROOT kill {client.Id} --signal KILL").Expect(0);
        else
            client.Process.Kill();
        JsonElement record = Ended(client);
        Assert.Empty(HostProcess.OfUid(client.Uid));
        Assert.Equal(byAnOperator ? "killed-from-outside" : "abandoned", record.GetProperty("ending").GetProperty("kind").GetString());
        Assert.Equal("cgroup", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        if (Figure(record, "processesPeak") is long peak)
            Assert.InRange(peak, Crowd, Crowd + 100);
    }

    [SkippableFact]
    public void AForkStormWithinItsLimitIsGoneAndProven()
    {
        int limit = Until.Many(400);
        using Client client = shared.Get().Shell.StartPayload($"python3 {Script("storm", Storm)}", $"--limit pids={limit} --limit wall=3s");
        Assert.Equal("ready", Ready(client, 20));
        JsonElement record = Ended(client);
        Assert.Empty(HostProcess.OfUid(client.Uid));
        Assert.Equal("timed-out", record.GetProperty("ending").GetProperty("kind").GetString());
        Assert.Equal("cgroup", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        AtTheLimit(record, limit);
        shared.Get().Shell.Bash("$A run -- true").Silent();
    }

    [SkippableFact]
    public void AThreadBombIsHeldByItsLimitAndTold()
    {
        const int limit = 50;
        using Client client = shared.Get().Shell.StartPayload($"python3 {Script("threads", Threads)}", $"--limit pids={limit}");
        Assert.InRange(int.Parse(Ready(client, 20), CultureInfo.InvariantCulture), 10, limit - 1);
        JsonElement record = Ended(client);
        Assert.Equal(("exited", 6), (record.GetProperty("ending").GetProperty("kind").GetString(), record.GetProperty("ending").GetProperty("code").GetInt32()));
        AtTheLimit(record, limit);
    }

    [SkippableFact]
    public void AMemoryHogEndsOutOfMemoryAtItsOwnLimit()
    {
        using Client client = shared.Get().Shell.StartPayload("python3 -c 'print(1, flush=True); bytearray(400000000)'", "--limit memory=100MiB --limit swap=0");
        Assert.Equal(250, client.Wait());
        JsonElement record = Ended(client);
        Assert.Equal(("out-of-memory", "payload"), (record.GetProperty("ending").GetProperty("kind").GetString(), record.GetProperty("ending").GetProperty("limit").GetString()));
        Assert.InRange(Figure(record, "memoryPeakBytes") ?? 100 << 20, 50 << 20, 100 << 20);
    }

    [SkippableFact]
    public void AVictimThatIsNotTheMainProcessIsToldBesideTheEnding()
    {
        using Client client = shared.Get().Shell.StartPayload("bash -c 'for i in 1 2; do python3 -c \"bytearray(400000000)\"; echo $?; done; exit 7'", "--limit memory=100MiB --limit swap=0");
        Assert.Equal(7, client.Wait());
        JsonElement record = Ended(client);
        Assert.Equal(("exited", 7), (record.GetProperty("ending").GetProperty("kind").GetString(), record.GetProperty("ending").GetProperty("code").GetInt32()));
        Assert.Equal((2, "payload"), (record.GetProperty("outOfMemory").GetProperty("kills").GetInt64(), record.GetProperty("outOfMemory").GetProperty("limit").GetString()));
        if (record.GetProperty("outOfMemory").TryGetProperty("victims", out JsonElement victims))
            Assert.DoesNotContain($"(pid {client.Pid})", victims.GetString(), StringComparison.Ordinal);
    }

    // Enough is told when the kernel refused a process at the limit; no more than it ever were there.
    private static void AtTheLimit(JsonElement record, int limit)
    {
        if (Figure(record, "processesPeak") is long peak)
            Assert.InRange(peak, limit / 2, limit);
        if (Figure(record, "processLimitHits") is long hits)
            Assert.InRange(hits, 1, long.MaxValue);
    }

    private static long? Figure(JsonElement record, string name)
        => record.GetProperty("usage").GetProperty(name).TryGetProperty("value", out JsonElement value) ? value.GetInt64() : null;

    private string Script(string name, string text)
    {
        string file = $"{shared.Get().Work}/{name}-{Guid.NewGuid():N}.py";
        File.WriteAllText(file, text);
        return file;
    }

    private static string Ready(Client client, double seconds)
    {
        Task<string?> line = client.Process.StandardOutput.ReadLineAsync();
        Assert.True(line.Wait(Until.Deadline(seconds)), "the payload printed nothing");
        return line.Result ?? throw new InvalidOperationException(client.Process.StandardError.ReadToEnd());
    }

    private JsonElement Ended(Client client)
    {
        string? Line() => shared.Get().LedgerText().Split('\n').FirstOrDefault(
            l => l.EndsWith('}') && l.Contains("\"type\":\"ended\"", StringComparison.Ordinal) && l.Contains(client.Id, StringComparison.Ordinal));
        Until.True(() => Line() is not null, 40, () => "no ending is on record\n" + shared.Get().Log);
        return JsonDocument.Parse(Line()!).RootElement;
    }
}
