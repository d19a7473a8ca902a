using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>
/// Promise: docs/protocol.md is enough to write a client in another language. clients/client.py was written from that page alone, by
/// somebody who had seen no code; it runs a payload with streams, signals and status.
/// </summary>
[Collection(SharedServiceTests.Name)]
public sealed class PythonClientTests(SharedService shared)
{
    private const string Client = "setpriv --reuid=isotest-a --regid=isotest-a --clear-groups -- /usr/bin/python3";

    private static string Program => $"{AppContext.BaseDirectory}/clients/client.py --socket $ISOLATION_SOCKET";

    [SkippableFact]
    public void ItRunsAPayloadWithItsStreams()
    {
        Outcome outcome = shared.Get().Shell.Bash($"printf input | {Client} {Program} -- sh -c 'cat; echo trouble >&2; exit 6'").Expect(6);
        Assert.Equal("input", outcome.Output);
        Assert.Equal("trouble", outcome.Errors.Trim());
    }

    [SkippableFact]
    public void ItTellsEveryStateOnTheStatusChannel()
    {
        string lines = shared.Get().Shell.Bash($"rm -f /tmp/iso-status-py; {Client} {Program} --claim /CN=Py --status /tmp/iso-status-py -- true; cat /tmp/iso-status-py; stat -c %a /tmp/iso-status-py; rm -f /tmp/iso-status-py")
            .Expect(0).Output;
        string[] all = lines.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("600", all[^1]);
        JsonElement[] states = [.. all[..^1].Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["entered", "running", "ended"], states.Select(s => s.GetProperty("state").GetString()));
        Assert.Equal("setuid", states[1].GetProperty("level").GetString());
        Assert.True(states[2].GetProperty("usage").GetProperty("wallMicroseconds").GetInt64() > 0);
    }

    [SkippableFact]
    public void ItForwardsASignal()
        => shared.Get().Shell.Bash($"({Client} {Program} -- sh -c 'trap \"exit 9\" TERM; echo up; while :; do sleep 0.05; done' > $WORK/py.out & client=$!; until grep -q up $WORK/py.out; do sleep 0.05; done; kill -TERM $client; wait $client)")
            .Expect(9);

    [SkippableFact]
    public void ItTellsARefusalWithTheDocumentedCode()
        => Assert.Contains("refused", shared.Get().Shell.Bash($"{Client} {Program} -- /no/such/program").Expect(241).Errors, StringComparison.Ordinal);

    [SkippableFact]
    public void ItIsShort()
        => Assert.InRange(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "clients", "client.py")).Count(l => l.Trim().Length > 0), 1, 80);
}
