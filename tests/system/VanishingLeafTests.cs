using System.Globalization;
using System.Text.Json;

namespace Isolation.Service.Tests;

/// <summary>Promise: a payload that root takes out of its leaf, and whose leaf root removes, still ends in bounded time and on record; what can no longer be counted is not available, and what was not proven is not claimed.</summary>
[Collection(SharedServiceTests.Name)]
public sealed class VanishingLeafTests(SharedService shared)
{
    [SkippableFact]
    public void WithoutItsCountersItsEndingIsToldAllTheSame()
    {
        using Client client = shared.Get().Shell.StartPayload("sh -c 'read line; exit 5'");
        string unified = Isolation.Linux.CgroupLayout.Read().Unified!;
        string[] counting = [.. Leaves(client).Where(d => !d.StartsWith(unified + "/", StringComparison.Ordinal))];
        Skip.If(counting.Length == 0, "the leaf's counters are all in the v2 hierarchy: without it there is no leaf");
        foreach (string leaf in counting)
            Remove(leaf);
        client.Process.StandardInput.Close();
        Assert.Equal(5, client.Wait());
        JsonElement record = Ended(client);
        Assert.Equal(5, record.GetProperty("ending").GetProperty("code").GetInt32());
        Assert.True(record.GetProperty("usage").GetProperty("memoryPeakBytes").TryGetProperty("notAvailable", out _), record.GetRawText());
        Assert.Equal("cgroup", record.GetProperty("residue").GetProperty("processes").GetProperty("proven").GetString());
        Gone(client);
    }

    [SkippableFact]
    public void OutsideItsLeafItIsNotCalledEmptyAndDiesWithItsCell()
    {
        using Client client = shared.Get().Shell.StartPayload("sh -c 'trap \"\" TERM; while :; do sleep 85; done'");
        foreach (string leaf in Leaves(client))
            Remove(leaf);
        client.Process.Kill();
        JsonElement record = Ended(client);
        Assert.True(record.GetProperty("residue").GetProperty("processes").TryGetProperty("found", out _), record.GetRawText());
        Until.True(() => !HostProcess.IsAlive(client.Pid), 10, () => "the payload outlives its cell");
        foreach (int left in HostProcess.OfUid(client.Uid)) // what root took away is root's to end
            HostProcess.Signal(left, 9);
        Gone(client);
    }

    private static string[] Leaves(Client client) => [.. Until.Directories("/sys/fs/cgroup", 6).Where(d => Path.GetFileName(d) == Path.GetFileName(client.Leaf))];

    private static void Remove(string leaf)
    {
        string root = Path.GetDirectoryName(Path.GetDirectoryName(leaf))!;
        Until.True(
            () =>
            {
                foreach (string pid in File.ReadAllLines(leaf + "/cgroup.procs"))
                    File.WriteAllText(root + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
                return Isolation.Linux.Sys.TryRemoveDirectory(leaf, out _);
            },
            10, () => $"{leaf} cannot be removed");
    }

    private void Gone(Client client) => Until.True(
        () => HostProcess.OfUid(client.Uid).Count == 0 && Leaves(client).Length == 0 && !Directory.Exists($"{shared.Get().State}/scratch/{client.Id}"), 10,
        () => $"something is left\n{shared.Get().Log}");

    private JsonElement Ended(Client client)
    {
        string? Line() => shared.Get().LedgerText().Split('\n').FirstOrDefault(
            l => l.EndsWith('}') && l.Contains("\"type\":\"ended\"", StringComparison.Ordinal) && l.Contains(client.Id, StringComparison.Ordinal));
        Until.True(() => Line() is not null, 40, () => "no ending is on record\n" + shared.Get().Log);
        return JsonDocument.Parse(Line()!).RootElement;
    }
}
