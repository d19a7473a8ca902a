using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: rooms are built ahead without being asked for, the next payloads find them, and status says how many wait, how many payloads found one and how many did not.</summary>
public sealed class WarmRoomsTests
{
    [SkippableTheory]
    [InlineData("setuid", "private")]
    [InlineData("setuid", "classic")]
    [InlineData("container", "oci")]
    public void TheSecondPayloadFindsARoomAndStatusSaysSo(string level, string kind)
    {
        if (level == "container")
            Site.RequireContainers();
        using Service service = Service.Start(place: "/opt", policy: level == "setuid"
            ? Site.Policy.Replace("{ room: classic }", $"{{ room: {kind}, warm: 2 }}", StringComparison.Ordinal)
            : Site.ContainerPolicy.Replace("setuid: { room: classic }", "container: { warm: 2 }", StringComparison.Ordinal));
        Assert.Empty(Stock(service));
        service.Shell.Bash("$A run -- true").Silent();
        AreReady(service, 2);
        service.Shell.Bash("$A run -- true && $B run -- true").Silent();
        AreReady(service, 2);
        JsonElement stock = Assert.Single(Stock(service));
        Assert.Equal((level, kind), (stock.GetProperty("level").GetString(), stock.GetProperty("kind").GetString()));
        Assert.Equal((2, 2, 1), (stock.GetProperty("ready").GetInt32(), stock.GetProperty("hits").GetInt32(), stock.GetProperty("misses").GetInt32()));
        Assert.InRange(stock.GetProperty("oldestSeconds").GetInt64(), 0, 60);
        Assert.Matches($@"warm rooms +2 {level} {kind}, the oldest for \d+ s; 2 payloads found one, 1 did not", service.Shell.Bash("$A status").Output);
    }

    // By what status says: a room has its directory before it is ready.
    private static void AreReady(Service service, int rooms) =>
        Until.True(() => Stock(service).Sum(s => s.GetProperty("ready").GetInt32()) == rooms, 10, () => service.Log);

    private static JsonElement[] Stock(Service service)
    {
        using JsonDocument status = JsonDocument.Parse(service.Shell.Bash("$A status --json").Output);
        return [.. status.RootElement.GetProperty("warmRooms").Clone().EnumerateArray()];
    }
}
