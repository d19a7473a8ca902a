using Isolation.Core;
using Xunit;

namespace Isolation.Ledger.Tests;

/// <summary>Promise: a ledger can be read and verified while it is written, and filtered by payload and by uid.</summary>
public sealed class ReaderTests
{
    [Fact]
    public async Task Records_are_found_by_payload_and_by_either_uid()
    {
        using var directory = new TestDirectory();
        await using NodeLedger ledger = directory.Open();
        PayloadId first = Samples.NewPayload();
        PayloadId second = Samples.NewPayload();
        foreach ((PayloadId payload, uint pilot, uint account) in new[] { (first, 1000u, 2001u), (second, 1001u, 2002u) })
        {
            LedgerReceipt receipt = await ledger.AdmitAsync(Samples.Admitted(payload, pilot, account));
            ledger.Started(payload, new ProcessId(5));
            await ledger.EndAsync(receipt, Samples.Ended(payload, pilot: pilot));
        }

        var reader = new LedgerReader(directory.Ledger);
        Assert.Equal(["admitted", "started", "ended"], Types(new LedgerFilter(first, null), first));
        Assert.Equal(["admitted", "started", "ended"], Types(new LedgerFilter(null, new UserId(1000)), first));
        Assert.Equal(["admitted", "started", "ended"], Types(new LedgerFilter(null, new UserId(2002)), second));
        Assert.Empty(reader.Read(new LedgerFilter(first, new UserId(2002))));
        Assert.Empty(reader.Read(new LedgerFilter(null, new UserId(3000))));

        IEnumerable<string> Types(LedgerFilter filter, PayloadId payload)
        {
            LedgerLine[] lines = [.. reader.Read(filter)];
            Assert.All(lines, line => Assert.Equal(payload, line.Payload));
            Assert.All(lines, line => Assert.True(line.IsSound));
            return lines.Select(line => line.Type);
        }
    }

    [Fact]
    public async Task Reading_and_verifying_beside_the_writer_finds_nothing_wrong()
    {
        using var directory = new TestDirectory();
        await using NodeLedger ledger = directory.Open();
        await ledger.EventAsync(Samples.Event());
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await ledger.EndAsync(await ledger.AdmitAsync());
        }))];
        for (int i = 0; i < 15 || directory.Segments.Length < 8; i++)
        {
            LedgerHead head = ledger.Head;
            Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger, head));
            long sequence = 0;
            foreach (LedgerLine line in new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything))
                Assert.Equal(++sequence, line.Sequence);
            Assert.True(sequence >= head.Sequence);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
    }
}
