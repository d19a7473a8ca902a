using Isolation.Core;
using Xunit;

namespace Isolation.Ledger.Tests;

/// <summary>Promise: whatever is altered, removed, repeated or moved in a ledger is found, except a cut at its very end, which a head kept elsewhere tells.</summary>
public sealed class VerificationTests
{
    [Fact]
    public async Task An_alteration_of_any_byte_of_any_record_is_found()
    {
        using var directory = new TestDirectory();
        await WriteSmallAsync(directory);
        Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
        string path = Assert.Single(directory.Segments);
        byte[] whole = File.ReadAllBytes(path);
        int line = 1;
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] altered = [.. whole];
            altered[i] ^= 1;
            File.WriteAllBytes(path, altered);
            var broken = Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger));
            Assert.InRange(broken.Line, line, line);
            if (whole[i] == '\n')
                line++;
        }
    }

    [Fact]
    public async Task Removed_repeated_and_swapped_lines_are_found()
    {
        using var directory = new TestDirectory();
        LedgerHead head = await WriteSmallAsync(directory);
        string path = Assert.Single(directory.Segments);
        string[] lines = File.ReadAllLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            List<string> removed = [.. lines];
            removed.RemoveAt(i);
            Write(removed);
            Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger, head));
            if (i < lines.Length - 1)
                Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger));

            Write([.. lines[..(i + 1)], .. lines[i..]]);
            Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger));
            if (i > 0)
            {
                Write([.. lines[..(i - 1)], lines[i], lines[i - 1], .. lines[(i + 1)..]]);
                Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger));
            }
        }

        void Write(IEnumerable<string> altered) => File.WriteAllText(path, string.Concat(altered.Select(line => line + "\n")));
    }

    [Fact]
    public async Task A_rewritten_chain_is_found_by_a_head_kept_elsewhere()
    {
        using var directory = new TestDirectory();
        LedgerHead head = await WriteSmallAsync(directory);
        string[] lines = File.ReadAllLines(Assert.Single(directory.Segments));
        File.WriteAllText(directory.Segments[0], string.Concat(lines[..^1].Select(line => line + "\n")));
        Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
        Assert.Contains("its end was cut", Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger, head)).What, StringComparison.Ordinal);
        await using (NodeLedger ledger = directory.Open())
            await ledger.EventAsync(Samples.Event("another"));
        Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
        Assert.Contains("rewritten", Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger, head)).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_and_cut_segments_are_found()
    {
        using var directory = new TestDirectory();
        await using (NodeLedger ledger = directory.Open())
        {
            for (int i = 0; i < 300; i++)
                await ledger.EndAsync(await ledger.AdmitAsync());
        }

        string[] segments = directory.Segments;
        Assert.True(segments.Length >= 3);
        var intact = Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
        Assert.Equal(segments.Length, intact.Segments);
        Assert.Equal(600 + segments.Length, intact.Records);
        Assert.Empty(intact.OpenPayloads);
        foreach (string segment in segments[..^1])
        {
            byte[] whole = File.ReadAllBytes(segment);
            File.Delete(segment);
            Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger));

            int lastLine = whole.AsSpan(0, whole.Length - 1).LastIndexOf((byte)'\n') + 1;
            File.WriteAllBytes(segment, whole[..lastLine]);
            Assert.Contains("removed", Assert.IsType<Verification.Broken>(LedgerVerifier.Verify(directory.Ledger)).What, StringComparison.Ordinal);
            File.WriteAllBytes(segment, whole);
        }

        Assert.IsType<Verification.Intact>(LedgerVerifier.Verify(directory.Ledger));
    }

    [Fact]
    public void An_ending_without_an_admission_and_a_second_one_are_found()
    {
        PayloadId payload = Samples.NewPayload();
        Assert.Null(Fault(("admitted", payload), ("started", payload), ("ended", payload)));
        Assert.Contains("was not admitted, or has ended", Fault(("ended", payload)), StringComparison.Ordinal);
        Assert.Contains("was not admitted, or has ended", Fault(("admitted", payload), ("ended", payload), ("ended", payload)), StringComparison.Ordinal);
        Assert.Contains("a second time", Fault(("admitted", payload), ("admitted", payload)), StringComparison.Ordinal);
        Assert.Contains("without being admitted", Fault(("started", payload)), StringComparison.Ordinal);
    }

    /// <summary>A chain that is sound in itself, made of these records.</summary>
    private static string? Fault(params (string Type, PayloadId Payload)[] records)
    {
        using var directory = new TestDirectory();
        Directory.CreateDirectory(directory.Ledger);
        using var file = new MemoryStream();
        ChainPoint point = ChainPoint.Start;
        var body = new RecordBuffer();
        new SegmentHeader("first", null, 0, new Dictionary<PayloadId, long>()).Write(body.Begin());
        body.End();
        Append(new PendingRecord("segment", null, RecordKind.General, body, awaited: false));
        foreach ((string type, PayloadId payload) in records)
        {
            body.Begin();
            body.End();
            Append(new PendingRecord(type, payload, RecordKind.General, body, awaited: false));
        }

        File.WriteAllBytes(Path.Combine(directory.Ledger, "00000001.ndjson"), file.ToArray());
        return (LedgerVerifier.Verify(directory.Ledger) as Verification.Broken)?.What;

        void Append(PendingRecord record)
        {
            record.Time = DateTimeOffset.UnixEpoch;
            byte[] line = new byte[4096];
            int length = LineFormat.Write(line, record, "boot", point, out point);
            file.Write(line, 0, length);
        }
    }

    private static async Task<LedgerHead> WriteSmallAsync(TestDirectory directory)
    {
        await using NodeLedger ledger = directory.Open();
        LedgerReceipt receipt = await ledger.AdmitAsync();
        ledger.Started(receipt.Payload, new ProcessId(1));
        await ledger.EndAsync(receipt);
        await ledger.EventAsync(Samples.Event());
        return ledger.Head;
    }
}
