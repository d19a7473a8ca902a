using System.Text;
using Isolation.Core;

namespace Isolation.Policy.Tests;

/// <summary>Promise: what the journal said is what is known after a crash; a torn end is dropped, other damage is told and never guessed over.</summary>
public sealed class LeaseJournalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("isolation-leases-").FullName;

    private string Journal => Path.Combine(_directory, LeaseJournal.FileName);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("{\"op\":\"ta")]
    [InlineData("{\"op\":\"free\",\"payload\":\"\0\0\0\0\n\0\0\0\0")]
    [InlineData("\0\0\0\0\n")]
    public async Task A_torn_end_is_dropped(string torn)
    {
        Lease lease = await TakeOne();
        await File.AppendAllTextAsync(Journal, torn);
        using Leases again = Open();
        Assert.Equal(lease.Payload, Assert.Single(again.Held).Lease.Payload);
        Assert.DoesNotContain('\0', await ReadJournal());
    }

    [Fact]
    public async Task Cut_anywhere_it_still_opens()
    {
        await TakeOne();
        byte[] whole = await File.ReadAllBytesAsync(Journal);
        for (int length = 0; length <= whole.Length; length++)
        {
            await File.WriteAllBytesAsync(Journal, whole[..length]);
            using Leases again = Open();
            Assert.True(again.Held.Count <= 1);
        }
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"op\":\"take\"}")]
    [InlineData("{\"op\":\"steal\"}")]
    public async Task Damage_in_the_middle_is_told_with_its_line(string damage)
    {
        await TakeOne();
        string[] lines = await File.ReadAllLinesAsync(Journal);
        await File.WriteAllLinesAsync(Journal, [lines[0], damage, .. lines[1..]]);
        var e = Assert.Throws<InvalidDataException>(Open);
        Assert.StartsWith($"{Journal}: line 2 is damaged", e.Message, StringComparison.Ordinal);
        Assert.Contains(damage, await File.ReadAllTextAsync(Journal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_service_on_the_directory_fails_at_once()
    {
        using Leases first = Open();
        Assert.Throws<IOException>(Open);
    }

    [Fact]
    public async Task What_was_answered_is_in_the_file_when_the_process_dies()
    {
        using Leases leases = Open();
        Lease lease = Assert.IsType<LeaseResult.Lent>(await leases.TakeAsync(PayloadId.New(TimeProvider.System), Asks.Admitted())).Lease;

        // a copy of the file, as it is while the first service still lives, is what a killed one would leave
        string copy = Directory.CreateTempSubdirectory("isolation-leases-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(copy, LeaseJournal.FileName), await ReadJournal());
            using Leases next = Leases.Open(copy, "boot", Files.Snapshot(Files.Good), TimeProvider.System);
            Assert.Equal(lease.Payload, Assert.Single(next.Held).Lease.Payload);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Fact]
    public async Task The_file_stays_short_and_is_the_owners_alone()
    {
        using Leases leases = Open();
        for (int i = 0; i < Leases.RewriteAfter; i++)
        {
            var lent = Assert.IsType<LeaseResult.Lent>(await leases.TakeAsync(PayloadId.New(TimeProvider.System), Asks.Admitted()));
            await leases.ReleaseAsync(lent.Lease, Residue.None);
        }

        Assert.True(new FileInfo(Journal).Length < 10_000);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Journal));
    }

    [Fact]
    public async Task A_lease_that_cannot_be_written_is_not_lent_and_the_next_one_is()
    {
        using var full = new FullDisk();
        using var leases = new Leases(new LeaseTable(), new LeaseJournal(full, _ => { }), _directory, Files.Snapshot(Files.Good), TimeProvider.System);
        var none = Assert.IsType<LeaseResult.Exhausted>(await leases.TakeAsync(PayloadId.New(TimeProvider.System), Asks.Admitted()));
        Assert.Contains("cannot be written: No space left", none.Cause, StringComparison.Ordinal);
        Assert.Empty(leases.Held);

        // the journal is rewritten before the next line, here on a disk that works
        Assert.IsType<LeaseResult.Lent>(await leases.TakeAsync(PayloadId.New(TimeProvider.System), Asks.Admitted()));
        Assert.Single((await ReadJournal()).Split('\n'), l => l.Contains("\"take\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("per: payload", null, 0, 1)]
    [InlineData("per: identity", "alice", 1, 1)]
    public async Task An_assignment_and_a_quarantine_wait_for_the_disk(string per, string? claim, int afterTake, int afterRelease)
    {
        int synced = 0;
        using var memory = new MemoryStream();
        using var leases = new Leases(new LeaseTable(), new LeaseJournal(memory, _ => synced++), _directory, Files.Snapshot(Files.With(("per: payload", per))), TimeProvider.System);
        var lent = Assert.IsType<LeaseResult.Lent>(await leases.TakeAsync(PayloadId.New(TimeProvider.System), Asks.Admitted(claim: claim)));
        Assert.Equal(afterTake, synced);
        synced = 0;
        await leases.ReleaseAsync(lent.Lease, Residue.OfAll(new Finding.Found("x")));
        Assert.Equal(afterRelease, synced);
    }

    private Leases Open() => Leases.Open(_directory, "boot", Files.Snapshot(Files.Good), TimeProvider.System);

    private async Task<Lease> TakeOne()
    {
        using Leases leases = Open();
        return Assert.IsType<LeaseResult.Lent>(await leases.TakeAsync(PayloadId.New(TimeProvider.System), Asks.Admitted())).Lease;
    }

    /// <summary>Reads beside the service's lock, as cat(1) does.</summary>
    private async Task<string> ReadJournal()
    {
        using var cat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("cat", [Journal]) { RedirectStandardOutput = true })!;
        string text = await cat.StandardOutput.ReadToEndAsync();
        await cat.WaitForExitAsync();
        return text;
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("No space left on device");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("No space left on device");
    }
}
