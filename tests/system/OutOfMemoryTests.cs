using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: out of memory is told as such, with whose limit and who was killed, and only when the kernel killed the main process for it.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class OutOfMemoryTests(SharedService shared)
{
    private const string Hog = "python3 -c 'bytearray(300000000)'";

    [SkippableFact]
    public void AMainProcessThatOutgrowsItsLeafEndsOutOfMemory()
    {
        using Client client = Limited(andSwap: false, $"bash -c 'read; exec {Hog.Replace("'", "'\\''", StringComparison.Ordinal)}'");
        Assert.Equal(250, client.Wait());
        JsonElement ended = client.Find("ended")!.Value;
        Assert.Equal("out-of-memory", ended.GetProperty("ending").GetProperty("kind").GetString());
        Assert.Equal("payload", ended.GetProperty("ending").GetProperty("limit").GetString());
        if (ended.GetProperty("ending").TryGetProperty("victim", out JsonElement victim))
            Assert.Equal($"python3 (pid {client.Pid})", victim.GetString());
        Assert.Equal(1, ended.GetProperty("usage").GetProperty("outOfMemoryKills").GetInt64());
        Assert.True(ended.GetProperty("usage").GetProperty("memoryLimitHits").GetInt64() > 0, ended.GetRawText());
        string line = client.Process.StandardError.ReadToEnd();
        Assert.StartsWith("isolation: the kernel killed the payload's main process: out of memory at the payload's own limit", line, StringComparison.Ordinal);
        Assert.Contains("--limit memory", line, StringComparison.Ordinal);
        Assert.Contains("\"out-of-memory\"", Record(client), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AVictimThatIsNotTheMainProcessIsToldBesideItsEnding()
    {
        using Client client = Limited(andSwap: true, $"bash -c 'read; {Hog.Replace("'", "'\\''", StringComparison.Ordinal)}; exit 7'");
        Assert.Equal(7, client.Wait());
        JsonElement ended = client.Find("ended")!.Value;
        Assert.Equal(("exited", 7), (ended.GetProperty("ending").GetProperty("kind").GetString(), ended.GetProperty("ending").GetProperty("code").GetInt32()));
        Assert.Equal((1, "payload"), (ended.GetProperty("outOfMemory").GetProperty("kills").GetInt64(), ended.GetProperty("outOfMemory").GetProperty("limit").GetString()));
        if (ended.GetProperty("outOfMemory").TryGetProperty("victims", out JsonElement victims))
            Assert.Matches("^python3 \\(pid [0-9]+\\)$", victims.GetString());
        Assert.Contains("\nisolation: the kernel killed 1 of the payload's processes: out of memory", client.Process.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.Contains("\"outOfMemory\":{\"kills\":1", Record(client), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("bash -c 'exit 137'", 137, "exited")]
    [InlineData("bash -c 'kill -9 $$'", 137, "signaled")]
    public void AnExitCodeOrASignalAloneIsNeverOutOfMemory(string command, int code, string kind)
    {
        using Client client = shared.Get().Shell.StartPayload(command);
        Assert.Equal(code, client.Wait());
        JsonElement ended = client.Find("ended")!.Value;
        Assert.Equal(kind, ended.GetProperty("ending").GetProperty("kind").GetString());
        Assert.False(ended.TryGetProperty("outOfMemory", out _));
    }

    // A payload that waits for its input, and whose leaf gets a limit meanwhile.
    private Client Limited(bool andSwap, string command)
    {
        Client client = shared.Get().Shell.StartPayload(command);
        string leaf = Path.GetFileName(client.Leaf);
        string? file = Until.Directories("/sys/fs/cgroup", 6).Where(d => Path.GetFileName(d) == leaf)
            .SelectMany(d => new[] { d + "/memory.limit_in_bytes", d + "/memory.max" }).FirstOrDefault(File.Exists);
        Skip.If(file is null, "the leaf has no memory controller here");
        File.WriteAllText(file, "100000000");
        foreach (string swap in new[] { "/memory.memsw.limit_in_bytes", "/memory.swap.max" })
            if (andSwap && File.Exists(Path.GetDirectoryName(file) + swap))
                File.WriteAllText(Path.GetDirectoryName(file) + swap, swap.Contains("memsw", StringComparison.Ordinal) ? "100000000" : "0");
        client.Process.StandardInput.WriteLine();
        client.Process.StandardInput.Flush();
        return client;
    }

    private string Record(Client client)
        => shared.Get().Shell.Bash($"$ROOT trace --payload {client.Id} --json").Expect(0).Lines.Single(l => l.Contains("\"type\":\"ended\"", StringComparison.Ordinal));
}
