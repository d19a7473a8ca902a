using System.Text;
using Isolation.Core;
using Xunit;

namespace Isolation.Ledger.Tests;

/// <summary>Promise: after a crash at any byte the ledger opens, keeps every acknowledged record and what is owed to endings, and says what it cut; one process at a time writes.</summary>
public sealed class OpeningTests
{
    [Fact]
    public async Task A_crash_at_any_byte_of_the_last_record_costs_that_record_alone()
    {
        using var directory = new TestDirectory();
        long before;
        byte[] whole;
        LedgerReceipt receipt;
        await using (NodeLedger ledger = directory.Open())
        {
            receipt = await ledger.AdmitAsync();
            before = Used(directory.Segments[0]);
            await ledger.EventAsync(Samples.Event());
            whole = File.ReadAllBytes(directory.Segments[0]);
        }

        long end = whole.AsSpan().LastIndexOf((byte)'\n') + 1;
        for (long cut = before; cut <= end; cut++)
        {
            using var crashed = new TestDirectory();
            Directory.CreateDirectory(crashed.Ledger);
            byte[] torn = [.. whole];
            torn.AsSpan((int)cut).Clear();

            // Half of the crashes also lose the free space behind.
            File.WriteAllBytes(Path.Combine(crashed.Ledger, "00000001.ndjson"), cut % 2 == 0 ? torn : torn[..(int)cut]);
            await using (NodeLedger ledger = crashed.Open())
            {
                Assert.Equal([receipt], ledger.Unended);
                await ledger.EndAsync(receipt);
            }

            var intact = Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(crashed.Ledger));
            Assert.Empty(intact.OpenPayloads);
            string[] types = [.. new LedgerReader(crashed.Ledger).Read(LedgerFilter.Everything).Select(line => line.Type)];
            bool isWhole = cut == end;
            bool isTorn = cut > before && !isWhole;
            Assert.Equal(isWhole ? 1 : 0, types.Count(type => type == "event"));
            Assert.Equal(isTorn ? 1 : 0, types.Count(type => type == "recovered"));
        }
    }

    [Fact]
    public async Task A_lost_page_before_whole_records_is_told_and_what_stands_behind_is_left_for_examination()
    {
        using var directory = new TestDirectory();
        await using (NodeLedger ledger = directory.Open())
        {
            LedgerReceipt receipt = await ledger.AdmitAsync();
            for (int i = 0; i < 5; i++)
                await ledger.EventAsync(Samples.Event($"event-{i}"));
            string copy = directory.Copy("crashed");
            byte[] bytes = File.ReadAllBytes(Path.Combine(copy, "00000001.ndjson"));
            int hole = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes("event-1"));
            bytes.AsSpan(hole, 7).Clear();
            File.WriteAllBytes(Path.Combine(copy, "00000001.ndjson"), bytes);
        }

        string crashed = Path.Combine(directory.Path, "crashed");
        await using (NodeLedger ledger = NodeLedger.Open(crashed, Samples.SmallSegments, TimeProvider.System))
            await ledger.EndAsync(Assert.Single(ledger.Unended));
        var intact = Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(crashed));
        Assert.Equal(2, intact.Segments);
        Assert.True(intact.VoidBytes > 500);
        LedgerLine recovered = new LedgerReader(crashed).Read(LedgerFilter.Everything).Single(line => line.Type == "recovered");
        using var document = recovered.Parse();
        Assert.True(document.RootElement.GetProperty("kept").GetBoolean());
        Assert.Equal(intact.VoidBytes, document.RootElement.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task A_segment_that_never_got_its_header_is_no_obstacle()
    {
        foreach (string content in new[] { "", "{\"seq\":", new string('\0', 300 << 10) })
        {
            using var directory = new TestDirectory();
            await using (NodeLedger ledger = directory.Open())
                await ledger.EventAsync(Samples.Event());
            File.WriteAllText(Path.Combine(directory.Ledger, "00000003.ndjson"), content);
            await using (NodeLedger ledger = directory.Open())
                await ledger.EventAsync(Samples.Event());
            Assert.Equal(4, Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger)).Records);
        }
    }

    [Fact]
    public async Task A_damaged_beginning_is_refused_with_what_to_do()
    {
        using var directory = new TestDirectory();
        await using (NodeLedger ledger = directory.Open())
            await ledger.EventAsync(Samples.Event());
        byte[] bytes = File.ReadAllBytes(directory.Segments[0]);
        bytes[20] ^= 1;
        File.WriteAllBytes(directory.Segments[0], bytes);
        LedgerException damaged = Assert.Throws<LedgerException>(() => directory.Open());
        Assert.Contains("is damaged", damaged.Cause, StringComparison.Ordinal);
        Assert.Contains("trace verify", damaged.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Payloads_without_an_ending_are_found_across_restarts_and_segments_with_their_space()
    {
        using var directory = new TestDirectory();
        List<LedgerReceipt> open = [];
        for (int run = 0; run < 4; run++)
        {
            await using NodeLedger ledger = directory.Open();
            Assert.Equal(open, ledger.Unended);
            for (int i = 0; i < 60; i++)
            {
                LedgerReceipt receipt = await ledger.AdmitAsync();
                if (i % 5 == 0)
                    open.Add(receipt);
                else
                    await ledger.EndAsync(receipt);
            }

            await ledger.EndAsync(open[0]);
            open.RemoveAt(0);
        }

        Assert.True(directory.Segments.Length > 1);
        Assert.Equal(open.Select(receipt => receipt.Payload), Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger)).OpenPayloads);
        long kept = Directory.EnumerateFiles(directory.Ledger).Sum(path => new FileInfo(path).Length);
        Assert.True(kept >= open.Count * new LedgerOptions().EndingSpace);
        await using (NodeLedger ledger = directory.Open())
        {
            foreach (LedgerReceipt receipt in open)
                await ledger.EndAsync(receipt);
        }

        Assert.Empty(Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger)).OpenPayloads);
    }

    /// <summary>After a reboot a service may have the process number that it had before.</summary>
    [Fact]
    public async Task A_spare_of_an_earlier_run_of_the_same_process_number_is_not_taken_for_a_new_one()
    {
        using var directory = new TestDirectory();
        List<LedgerReceipt> open = [];
        for (int run = 0; run < 3; run++)
        {
            await using NodeLedger ledger = directory.Open();
            for (int i = 0; i < 100; i++)
                open.Add(await ledger.AdmitAsync());
        }

        Assert.Equal(open.Select(receipt => receipt.Payload), Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger)).OpenPayloads);
    }

    [Fact]
    public async Task A_clean_close_gives_unused_space_back()
    {
        using var directory = new TestDirectory();
        await using (NodeLedger ledger = directory.Open())
        {
            Assert.Equal(256 << 10, new FileInfo(directory.Segments[0]).Length);
            await ledger.EndAsync(await ledger.AdmitAsync());
        }

        Assert.Equal(Used(directory.Segments[0]), new FileInfo(directory.Segments[0]).Length);
        Assert.Empty(Directory.EnumerateFiles(directory.Ledger, "spare-*"));
    }

    [Fact]
    public async Task A_second_writer_is_told_who_writes()
    {
        using var directory = new TestDirectory();
        await using (directory.Open())
        {
            LedgerException held = Assert.Throws<LedgerException>(() => directory.Open());
            Assert.Contains($"pid {Environment.ProcessId} ", held.Cause, StringComparison.Ordinal);
        }

        await using NodeLedger again = directory.Open();
    }

    [Fact]
    public async Task Others_can_read_nothing()
    {
        using var directory = new TestDirectory();
        await using NodeLedger ledger = directory.Open();
        await ledger.AdmitAsync();
        const UnixFileMode others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupWrite;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(directory.Ledger) & others);
        foreach (string file in Directory.EnumerateFiles(directory.Ledger))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(file));
    }

    private static long Used(string path) => File.ReadAllBytes(path).AsSpan().LastIndexOf((byte)'\n') + 1;
}
