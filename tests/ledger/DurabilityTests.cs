using Isolation.Core;
using Xunit;

namespace Isolation.Ledger.Tests;

/// <summary>
/// Promise: what is acknowledged is durable and chained, whatever the disk does; one sync serves many; a disk that fails or hangs stops
/// new payloads, loses no ending, and no file is synced again after its sync has failed.
/// </summary>
public sealed class DurabilityTests
{
    [Fact]
    public async Task Many_admissions_share_a_sync()
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using NodeLedger ledger = Open(directory, files);
        await ledger.AdmitAsync();
        using var gate = new ManualResetEventSlim();
        files.OnSync = _ => gate.Wait(TimeSpan.FromSeconds(5));
        int before = files.Syncs;
        Task<LedgerReceipt>[] admissions = [.. Enumerable.Range(0, 50).Select(_ => ledger.AdmitAsync())];
        gate.Set();
        LedgerReceipt[] receipts = await Task.WhenAll(admissions);
        Assert.InRange(files.Syncs - before, 1, 10);
        Assert.Equal(50, receipts.Select(receipt => receipt.Sequence).Distinct().Count());
        Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger, ledger.Head));
    }

    [Fact]
    public async Task What_nobody_waits_for_goes_to_disk_with_what_follows_or_soon_by_itself()
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using NodeLedger ledger = Open(directory, files);
        LedgerReceipt receipt = await ledger.AdmitAsync();
        int before = files.Syncs;
        int together = 0;
        for (int i = 0; i < 10; i++)
        {
            ledger.Started(receipt.Payload, new ProcessId(7));
            await ledger.EndAsync(receipt);
            together += files.Syncs - before == 1 ? 1 : 0;
            receipt = await ledger.AdmitAsync();
            before = files.Syncs;
        }

        Assert.InRange(together, 5, 10); // a machine that is busy elsewhere for 20 ms separates them
        ledger.Started(receipt.Payload, new ProcessId(7));
        for (int i = 0; i < 500 && files.Syncs == before; i++)
            await Task.Delay(10);
        Assert.Equal(1, files.Syncs - before);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_its_sync_returns()
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using NodeLedger ledger = Open(directory, files);
        await ledger.EventAsync(Samples.Event());
        using var gate = new ManualResetEventSlim();
        files.OnSync = _ => gate.Wait(TimeSpan.FromSeconds(5));
        Task<LedgerReceipt> admission = ledger.AdmitAsync();
        await Task.Delay(100);
        Assert.False(admission.IsCompleted);
        gate.Set();
        Assert.Equal(3, (await admission).Sequence);
    }

    [Fact]
    public async Task A_sync_that_hangs_fails_callers_at_the_deadline_and_new_ones_at_once_until_it_returns()
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using NodeLedger ledger = Open(directory, files, Samples.SmallSegments with { Deadline = TimeSpan.FromMilliseconds(200) });
        LedgerReceipt running = await ledger.AdmitAsync();
        using var gate = new ManualResetEventSlim();
        files.OnSync = _ => gate.Wait(TimeSpan.FromSeconds(20));

        Task<LedgerReceipt> inFlight = ledger.AdmitAsync();
        await Task.Delay(50);
        Task<LedgerReceipt> queued = ledger.AdmitAsync();
        LedgerException late = await Assert.ThrowsAsync<LedgerException>(() => inFlight);
        Assert.Contains("not durable within 0.2 s", late.Cause, StringComparison.Ordinal);
        Assert.NotEmpty(late.Fix);
        await Assert.ThrowsAsync<LedgerException>(() => queued);
        Assert.IsType<LedgerHealth.Unavailable>(ledger.Health);
        Task<LedgerReceipt> refused = ledger.AdmitAsync();
        Assert.True(refused.IsFaulted);
        await Assert.ThrowsAsync<LedgerException>(() => refused);
        await Assert.ThrowsAsync<LedgerException>(() => ledger.EndAsync(running).AsTask());

        gate.Set();
        await ledger.EndAsync(running);
        await UntilAsync(() => ledger.Health is LedgerHealth.Healthy && ledger.Unended.Count == 0);
        await ledger.EndAsync(await ledger.AdmitAsync());

        // The one in flight became durable after its caller had given up: it has its ending. The queued one was never written.
        var intact = Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
        Assert.Empty(intact.OpenPayloads);
        Assert.Equal(3, new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything).Count(line => line.Type == "admitted"));
        Assert.Equal(3, new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything).Count(line => line.Type == "ended"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_IO_error_moves_the_ledger_to_a_new_segment_and_no_caller_notices(bool atSync)
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using (NodeLedger ledger = Open(directory, files))
        {
            LedgerReceipt running = await ledger.AdmitAsync();
            int left = 1;
            void Fail(string _)
            {
                if (Interlocked.Decrement(ref left) == 0)
                    throw new IOException("Input/output error");
            }

            if (atSync)
                files.OnSync = Fail;
            else
                files.OnWrite = Fail;
            LedgerReceipt second = await ledger.AdmitAsync();
            Assert.Equal(running.Sequence + 2, second.Sequence);
            await ledger.EndAsync(running);
            await ledger.EndAsync(second);
            Assert.IsType<LedgerHealth.Healthy>(ledger.Health);
        }

        Assert.Empty(files.SyncedAfterFailure);
        Assert.Equal(2, directory.Segments.Length);
        Assert.Empty(Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger)).OpenPayloads);
        LedgerLine[] lines = [.. new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything)];
        Assert.Equal(2, lines.Count(line => line.Type == "admitted"));
        using var check = lines.Single(line => line.Type == "checked").Parse();
        Assert.Equal("intact", check.RootElement.GetProperty("result").GetString());
    }

    [Fact]
    public async Task What_a_failed_write_left_behind_is_void_even_when_it_cannot_be_cut()
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using (NodeLedger ledger = Open(directory, files))
        {
            await ledger.EventAsync(Samples.Event());
            byte[]? failed = null;
            files.OnSync = path =>
            {
                if (failed is null && path.EndsWith(".ndjson", StringComparison.Ordinal))
                {
                    failed = File.ReadAllBytes(path);
                    throw new IOException("Input/output error");
                }
            };
            await ledger.EventAsync(Samples.Event("after"));

            // As if the cut had not reached the disk: the unacknowledged line is back.
            File.WriteAllBytes(directory.Segments[0], failed!);
        }

        var intact = Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
        Assert.True(intact.VoidBytes > 100);
        Assert.Single(new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything), line => System.Text.Encoding.UTF8.GetString(line.Raw.Span).Contains("after", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disk_that_keeps_failing_refuses_admissions_keeps_endings_and_comes_back()
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using NodeLedger ledger = Open(directory, files, Samples.SmallSegments with { Deadline = TimeSpan.FromMilliseconds(300) });
        LedgerReceipt running = await ledger.AdmitAsync();
        files.OnSync = _ => throw new IOException("Input/output error");
        LedgerException failed = await Assert.ThrowsAsync<LedgerException>(ledger.AdmitAsync);
        Assert.Contains("Input/output error", failed.Cause, StringComparison.Ordinal);
        Assert.IsType<LedgerHealth.Unavailable>(ledger.Health);
        await Assert.ThrowsAsync<LedgerException>(() => ledger.EndAsync(running).AsTask());
        await Assert.ThrowsAsync<LedgerException>(() => ledger.EventAsync(Samples.Event()).AsTask());

        files.OnSync = null;
        await ledger.EndAsync(running);
        await UntilAsync(() => ledger.Health is LedgerHealth.Healthy);
        await ledger.AdmitAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => ledger.EndAsync(running).AsTask());
        Assert.Empty(files.SyncedAfterFailure);
        Assert.Single(Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger)).OpenPayloads);
    }

    [Fact]
    public async Task Without_space_for_its_ending_nothing_is_admitted_and_every_ending_has_its_place()
    {
        using var directory = new TestDirectory();
        var files = new FaultyFiles();
        await using (NodeLedger ledger = Open(directory, files))
        {
            int files_left = 3;
            files.OnPrepare = () =>
            {
                if (Interlocked.Decrement(ref files_left) < 0)
                    throw new IOException("No space left on device");
            };
            List<LedgerReceipt> receipts = [];
            LedgerException? full = null;
            while (full is null)
            {
                try
                {
                    receipts.Add(await ledger.AdmitAsync());
                    ledger.Started(receipts[^1].Payload, new ProcessId(receipts.Count));
                }
                catch (LedgerException e)
                {
                    full = e;
                }
            }

            Assert.Contains("No space left on device", full.Cause, StringComparison.Ordinal);
            Assert.InRange(receipts.Count, 60, 130);
            Assert.IsType<LedgerHealth.Unavailable>(ledger.Health);

            // Endings as long as they can be, all of them.
            string text = new('\u0001', 5000);
            foreach (LedgerReceipt receipt in receipts)
            {
                await ledger.EndAsync(receipt, new EndedRecord(receipt.Payload, new UserId(1000), new Ending.Refused(text, text, text), text,
                    ResourceUsage.NotMeasured(text), Residue.OfAll(new Finding.Found(text))));
            }

            await UntilAsync(() => ledger.Health is LedgerHealth.Healthy);
            await ledger.EndAsync(await ledger.AdmitAsync());
        }

        Assert.Empty(Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger)).OpenPayloads);
    }

    private static NodeLedger Open(TestDirectory directory, FaultyFiles files, LedgerOptions? options = null)
        => NodeLedger.Open(directory.Ledger, options ?? Samples.SmallSegments, files, TimeProvider.System);

    internal static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 500 && !condition(); i++)
            await Task.Delay(10);
        Assert.True(condition());
    }
}
