using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: docs/protocol.md is enough to write a client in another language: a short one in Python runs a payload with streams, signals and status.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class PythonClientTests(SharedService shared)
{
    private static string Client => $"setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- python3 {AppContext.BaseDirectory}/clients/client.py";

    [SkippableFact]
    public void ItRunsAPayloadWithItsStreams()
    {
        Outcome outcome = shared.Get().Shell.Bash($"printf input | {Client} -- sh -c 'cat; exit 6'").Expect(6);
        Assert.Equal("input", outcome.Output);
        JsonElement[] frames = [.. outcome.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(["hello", "entered", "started", "ended"], frames.Select(f => f.GetProperty("type").GetString()));
        Assert.Equal("setuid", frames[2].GetProperty("payload").GetProperty("level").GetString());
        Assert.True(frames[3].GetProperty("usage").GetProperty("wallMicroseconds").GetInt64() > 0);
    }

    [SkippableFact]
    public void ItForwardsASignal()
        => Assert.Contains("\"signaled\"", shared.Get().Shell.Bash($"{Client} --signal 15 -- sleep 60 2>&1").Expect(143).Output, StringComparison.Ordinal);

    [SkippableFact]
    public void ItIsShort()
        => Assert.InRange(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "clients", "client.py")).Count(l => l.Trim().Length > 0), 1, 75);
}
