using System.Text;
using System.Text.Json.Nodes;
using Isolation.Core;
using Xunit;

namespace Isolation.Ledger.Tests;

/// <summary>Promise: what an earlier run left is found in its ledger alone: each payload without an ending with all that its record says, and the last endings.</summary>
public sealed class EarlierRunTests
{
    private static readonly Dictionary<PayloadId, DateTimeOffset> Nobody = [];

    public static TheoryData<Ending> Endings => new()
    {
        new Ending.Exited(7), new Ending.Signaled(9), new Ending.TimedOut(TimeSpan.FromSeconds(90)), new Ending.OutOfMemory(MemoryLimit.Job, "python3 (pid 7)"), new Ending.Abandoned(),
        new Ending.KilledFromOutside("operator 0"), new Ending.Refused("r", "w", "f"), new Ending.Busy("c", TimeSpan.FromSeconds(3)), new Ending.Unavailable("c", "f", true),
        new Ending.SetupFailed("s", "c", "u"), new Ending.SetupFailed("s", "c", null), new Ending.Lost("e"),
    };

    [Fact]
    public async Task An_admission_comes_back_as_it_was_written()
    {
        AdmittedRecord plain = Samples.Admitted(Samples.NewPayload(), 1000, 2_000_001, ByteString.FromText("/bin/echo"), ByteString.FromText("a b"));
        AdmittedRecord full = plain with
        {
            Pilot = plain.Pilot with
            {
                Job = JobKey.OfCgroup(5L << 32 | 7, 99),
                Batch = new BatchJob(BatchSystem.Slurm, "12", BatchEvidence.Cgroup, "/slurm/job_12", new GroupId(20_005)),
                Claim = new BatchClaim(BatchSystem.HTCondor, "3.0"),
            },
            Decision = plain.Decision with
            {
                Limits = new Limits { Wall = TimeSpan.FromMilliseconds(1500), MemoryBytes = 1 << 30, Processes = 100, ScratchFiles = 7 },
                Placement = new PlacementDemand(PlacementProperties.JobLimits, PlacementProperties.CgroupProof, Ceilings.None, LimitLaw.BestEffort),
            },
            Lease = plain.Lease with { Account = new Account(new UserId(2_000_001), new GroupId(2_000_001), [new GroupId(5), new GroupId(6)], "pool001"), Shared = true },
            WorkingDirectory = ByteString.FromText("/scratch/x"),
            IsDetached = true,
            Exchange = new FileExchange([new BroughtFile(ByteString.FromText("in"), 12)], [ByteString.FromText("out/1"), ByteString.FromText("out/2")]),
        };
        foreach (AdmittedRecord record in new[] { plain, full })
        {
            using var directory = new TestDirectory();
            await using NodeLedger ledger = directory.Open();
            await ledger.AdmitAsync(record);
            UnendedPayload found = Assert.Single(ledger.ReadEarlierRun(Nobody).Unended);
            Assert.Equal(record.Lease.Account.Groups.ToArray(), found.Admitted.Lease.Account.Groups.ToArray());
            Assert.Equal(record.Decision.Limits, found.Admitted.Decision.Limits);
            Assert.Equal(record.Pilot.Batch, found.Admitted.Pilot.Batch);
            Assert.Equal(record.Exchange.Out.ToArray(), found.Admitted.Exchange.Out.ToArray());
            Assert.Equal(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), found.BootId);
            // Nothing of it is lost: written again, it is the same record.
            Assert.Equal(Json(record), Json(found.Admitted));
        }
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task An_ending_comes_back_as_it_was_written(Ending ending)
    {
        using var directory = new TestDirectory();
        EndedRecord record;
        await using (NodeLedger ledger = directory.Open())
        {
            LedgerReceipt receipt = await ledger.AdmitAsync();
            record = Samples.Ended(receipt.Payload, ending) with
            {
                Residue = new Residue(new Finding.ProvenEmpty("cgroup"), new Finding.NothingFound("x"), new Finding.Found("y"), new Finding.NotProvable("z"), new Finding.ProvenEmpty("removed")),
                OutOfMemory = new OutOfMemory(2, MemoryLimit.Payload, "a (pid 3)"),
            };
            await ledger.EndAsync(receipt, record);
        }

        await using NodeLedger again = directory.Open();
        EndedPayload found = Assert.Single(again.ReadEarlierRun(Nobody).Ended);
        Assert.Equal(record.Payload, found.Admitted.Payload);
        Assert.Equal(record, found.Ended);
    }

    [Fact]
    public async Task Those_without_an_ending_are_found_in_whatever_segment_with_their_processes()
    {
        using var directory = new TestDirectory();
        List<PayloadId> left = [];
        await using (NodeLedger ledger = directory.Open())
        {
            for (int i = 0; i < 300; i++)
            {
                LedgerReceipt receipt = await ledger.AdmitAsync();
                if (i % 2 == 0)
                    ledger.Started(receipt.Payload, new ProcessId(1000 + i));
                if (i % 100 == 7)
                    left.Add(receipt.Payload);
                else if (i % 100 == 8)
                    left.Add(receipt.Payload);
                else
                    await ledger.EndAsync(receipt);
            }
        }

        Assert.True(directory.Segments.Length > 2);
        await using NodeLedger again = directory.Open();
        EarlierRun earlier = again.ReadEarlierRun(Nobody);
        Assert.Equal(left, earlier.Unended.Select(u => u.Admitted.Payload));
        Assert.Equal([null, 1008, null, 1108, null, 1208], earlier.Unended.Select(u => u.Process?.Value));
        Assert.Equal(again.Unended, earlier.Unended.Select(u => u.Receipt));
        Assert.NotEmpty(earlier.Ended);
        foreach (UnendedPayload one in earlier.Unended)
            await again.EndAsync(one.Receipt);
    }

    [Fact]
    public async Task One_that_cannot_be_read_is_named_and_keeps_nobody_from_the_others()
    {
        using var directory = new TestDirectory();
        AdmittedRecord strange = Samples.Admitted(Samples.NewPayload()), plain = Samples.Admitted(Samples.NewPayload());
        await using NodeLedger ledger = directory.Open();
        await ledger.AdmitAsync(strange with { Decision = strange.Decision with { RoomKind = "strange" } });
        await ledger.AdmitAsync(plain);
        string copy = directory.Copy("copy"), segment = Directory.GetFiles(copy).Single();
        byte[] bytes = File.ReadAllBytes(segment);
        bytes[bytes.AsSpan().IndexOf("strange"u8)] ^= 1;
        File.WriteAllBytes(segment, bytes);
        EarlierRun earlier = EarlierRunReader.Read(copy, ledger.Unended, Nobody);
        Assert.Equal(plain.Payload, Assert.Single(earlier.Unended).Admitted.Payload);
        Assert.Equal(strange.Payload, Assert.Single(earlier.Unreadable).Key);
    }

    [Fact]
    public async Task The_ending_of_whoever_still_has_an_account_is_found_however_far_back()
    {
        using var directory = new TestDirectory();
        DateTimeOffset since = DateTimeOffset.UtcNow;
        LedgerReceipt borrower;
        await using (NodeLedger ledger = directory.Open())
        {
            borrower = await ledger.AdmitAsync();
            await ledger.EndAsync(borrower, Samples.Ended(borrower.Payload) with { Residue = Residue.None with { Files = new Finding.Found("one") } });
            for (int i = 0; i < 600; i++)
                await ledger.EndAsync(await ledger.AdmitAsync());
        }

        Assert.True(directory.Segments.Length > 4);
        await using NodeLedger again = directory.Open();
        PayloadId never = Samples.NewPayload();
        EarlierRun earlier = again.ReadEarlierRun(new Dictionary<PayloadId, DateTimeOffset> { [borrower.Payload] = since, [never] = since });
        Assert.True(earlier.Endings[borrower.Payload].Residue.IsDirty);
        Assert.False(earlier.Endings.ContainsKey(never));
        Assert.DoesNotContain(borrower.Payload, again.ReadEarlierRun(Nobody).Endings.Keys);
    }

    [Fact]
    public async Task A_new_ledger_has_none()
    {
        using var directory = new TestDirectory();
        await using NodeLedger ledger = directory.Open();
        EarlierRun earlier = ledger.ReadEarlierRun(Nobody);
        Assert.Empty(earlier.Unended);
        Assert.Empty(earlier.Ended);
    }

    private static string Json(AdmittedRecord record)
    {
        RecordBuffer buffer = new();
        AdmittedJson.Write(buffer.Begin(), record);
        buffer.End();
        return JsonNode.Parse("{" + Encoding.UTF8.GetString(buffer.Members) + "}")!.ToJsonString();
    }
}
