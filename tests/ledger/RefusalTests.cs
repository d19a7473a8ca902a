using System.Text.Json;
using Isolation.Core;
using Xunit;

namespace Isolation.Ledger.Tests;

/// <summary>Promise: refusals are recorded once in full and then as sums, in bounded numbers, without ever blocking the caller.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task The_first_of_its_kind_is_written_at_once_and_the_rest_as_one_sum()
    {
        using var directory = new TestDirectory();
        var clock = new ManualClock();
        await using NodeLedger ledger = directory.Open(clock: clock);
        for (int i = 0; i < 100; i++)
        {
            ledger.NotAdmitted(Refusal(1000, "rule-a"));
            clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        ledger.NotAdmitted(Refusal(1001, "rule-a"));
        await ledger.EventAsync(Samples.Event());
        Assert.Equal([(1000u, "rule-a", 1L), (1001u, "rule-a", 1L)], Read(directory));

        clock.Advance(TimeSpan.FromMinutes(1));
        await ledger.EventAsync(Samples.Event());
        Assert.Equal([(1000u, "rule-a", 1L), (1001u, "rule-a", 1L), (1000u, "rule-a", 99L)], Read(directory));
        using JsonDocument sum = new LedgerReader(directory.Ledger).Read(new LedgerFilter(null, new UserId(1000))).Last().Parse();
        Assert.Equal("2026-11-21T08:00:00.100000Z", sum.RootElement.GetProperty("first").GetString());
        Assert.Equal("2026-11-21T08:00:09.900000Z", sum.RootElement.GetProperty("last").GetString());

        ledger.NotAdmitted(Refusal(1000, "rule-a"));
        await ledger.EventAsync(Samples.Event());
        Assert.Equal(4, Read(directory).Count);
    }

    [Fact]
    public async Task Beyond_1024_kinds_they_are_summed_under_other()
    {
        using var directory = new TestDirectory();
        var clock = new ManualClock();
        await using (NodeLedger ledger = directory.Open(clock: clock))
        {
            for (uint uid = 0; uid < 3000; uid++)
                ledger.NotAdmitted(Refusal(uid, "rule"));
        }

        List<(uint Uid, string Cause, long Count)> written = Read(directory);
        Assert.Equal(Refusals.MostPairs + 2, written.Count);
        Assert.Equal(3000, written.Sum(refusal => refusal.Count));
        Assert.Equal("other", written[^1].Cause);
        Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
    }

    [Fact]
    public async Task While_nothing_can_be_written_they_are_counted()
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using (NodeLedger ledger = NodeLedger.Open(directory.Ledger, Samples.SmallSegments with { RefusalWindow = TimeSpan.FromMilliseconds(100) }, files, TimeProvider.System))
        {
            files.OnSync = _ => throw new IOException("Input/output error");
            for (int i = 0; i < 50; i++)
            {
                ledger.NotAdmitted(Refusal(1000, "rule"));
                await Task.Delay(5);
            }

            files.OnSync = null;
            await DurabilityTests.UntilAsync(() => Read(directory).Sum(refusal => refusal.Count) == 50);
        }

        Assert.Equal(50, Read(directory).Sum(refusal => refusal.Count));
    }

    private static NotAdmitted Refusal(uint uid, string cause) => new(Samples.NewPayload(), Samples.Pilot(uid), cause, new Ending.Refused(cause, "no", "ask"));

    private static List<(uint Uid, string Cause, long Count)> Read(TestDirectory directory)
    {
        List<(uint Uid, string Cause, long Count)> refusals = [];
        foreach (LedgerLine line in new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything).Where(line => line.Type == "refused"))
        {
            using JsonDocument document = line.Parse();
            JsonElement root = document.RootElement;
            uint uid = root.TryGetProperty("pilot", out JsonElement pilot) ? pilot.GetProperty("uid").GetUInt32() : uint.MaxValue;
            refusals.Add((uid, root.GetProperty("cause").GetString()!, root.GetProperty("count").GetInt64()));
        }

        return refusals;
    }
}
