using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Isolation.Core;
using Xunit;

namespace Isolation.Ledger.Tests;

/// <summary>Promise: a record says all that its contract holds, in the documented form, and its size is bounded whatever strangers put into it.</summary>
public sealed class RecordTests
{
    [Fact]
    public async Task Records_hold_header_body_and_chain()
    {
        using var directory = new TestDirectory();
        LedgerReceipt receipt;
        await using (NodeLedger ledger = directory.Open())
        {
            receipt = await ledger.AdmitAsync();
            ledger.Started(receipt.Payload, new ProcessId(4711));
            await ledger.EndAsync(receipt);
            await ledger.EventAsync(Samples.Event());
        }

        List<LedgerLine> lines = [.. new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything)];
        Assert.Equal(["segment", "admitted", "started", "ended", "event"], lines.Select(line => line.Type));
        Assert.Equal(receipt.Sequence, lines[1].Sequence);
        string bootId = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        string prev = new('0', 64);
        foreach (LedgerLine line in lines)
        {
            using JsonDocument document = line.Parse();
            JsonElement root = document.RootElement;
            Assert.Equal(bootId, root.GetProperty("boot").GetString());
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", root.GetProperty("time").GetString());
            Assert.True(root.GetProperty("monotonic").GetInt64() > 0);
            Assert.Equal(prev, root.GetProperty("prev").GetString());
            prev = root.GetProperty("hash").GetString()!;
            string hashed = Encoding.UTF8.GetString(line.Raw.Span);
            hashed = hashed[..hashed.LastIndexOf(",\"hash\":", StringComparison.Ordinal)];
            Assert.Equal(prev, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hashed))));
        }

        using JsonDocument admitted = lines[1].Parse();
        Assert.Equal(1000u, admitted.RootElement.GetProperty("pilot").GetProperty("uid").GetUInt32());
        Assert.Equal(2_000_001u, admitted.RootElement.GetProperty("account").GetProperty("uid").GetUInt32());
        Assert.Equal("/DC=org/CN=Ann Ö", admitted.RootElement.GetProperty("decision").GetProperty("identity").GetProperty("subject").GetString());
        Assert.Equal(@"a ""b"" \\ \x0a ü", admitted.RootElement.GetProperty("command").GetProperty("arguments")[1].GetString());
        Assert.False(admitted.RootElement.GetProperty("command").TryGetProperty("truncated", out _));
        using JsonDocument started = lines[2].Parse();
        Assert.Equal(4711, started.RootElement.GetProperty("pid").GetInt32());
        using JsonDocument ended = lines[3].Parse();
        Assert.Equal(1200, ended.RootElement.GetProperty("usage").GetProperty("cpuUserMicroseconds").GetProperty("value").GetInt64());
        Assert.Equal("no counter here: memory.peak (Linux 5.19)", ended.RootElement.GetProperty("usage").GetProperty("memoryPeakBytes").GetProperty("notAvailable").GetString());
        Assert.Equal("cgroup", ended.RootElement.GetProperty("residue").GetProperty("ipc").GetProperty("proven").GetString());
    }

    [Fact]
    public async Task An_admission_says_what_was_demanded_of_its_place_what_it_got_and_every_limit()
    {
        AdmittedRecord plain = Samples.Admitted(Samples.NewPayload());
        var limits = new Limits
        {
            Wall = TimeSpan.FromSeconds(2), MemoryBytes = 1, SwapBytes = 0, Processes = 3, CpuWeight = 4, MilliCpus = 1500, IoWeight = 6, OpenFiles = 7, ScratchBytes = 8,
        };
        using var directory = new TestDirectory();
        await using NodeLedger ledger = directory.Open();
        await ledger.AdmitAsync(plain with
        {
            Decision = plain.Decision with { Limits = limits, Placement = PlacementDemand.Default with { MayLose = Ceilings.Devices | Ceilings.Cpus, Limits = LimitLaw.BestEffort } },
            Site = plain.Site with
            {
                Placement = new Placement(Position.Below, PlacementProperties.JobLimits | PlacementProperties.CgroupProof, Ceilings.Devices, LimitKinds.Memory | LimitKinds.IoWeight, "busy"),
            },
        });
        using JsonDocument document = new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything).Last().Parse();
        JsonElement decision = document.RootElement.GetProperty("decision");
        Assert.Equal(
            """{"wallMicroseconds":2000000,"memoryBytes":1,"swapBytes":0,"processes":3,"cpuWeight":4,"milliCpus":1500,"ioWeight":6,"openFiles":7,"scratchBytes":8}""",
            decision.GetProperty("limits").GetRawText());
        Assert.Equal(
            """{"must":["job-limits"],"want":["job-accounting","own-limits","cgroup-proof"],"mayLose":["cpus","devices"],"limits":"best-effort"}""",
            decision.GetProperty("placement").GetRawText());
        Assert.Equal(
            """{"position":"below","holds":["job-limits","cgroup-proof"],"lost":["devices"],"notEnforced":["memory","io-weight"],"why":"busy"}""",
            document.RootElement.GetProperty("site").GetProperty("placement").GetRawText());
    }

    public static TheoryData<Ending, string> Endings => new()
    {
        { new Ending.Exited(3), """{"kind":"exited","code":3}""" },
        { new Ending.Signaled(9), """{"kind":"signaled","signal":9}""" },
        { new Ending.TimedOut(TimeSpan.FromSeconds(2)), """{"kind":"timed-out","limitMicroseconds":2000000}""" },
        { new Ending.OutOfMemory(MemoryLimit.Job, "hog (pid 7)"), """{"kind":"out-of-memory","limit":"job","victim":"hog (pid 7)"}""" },
        { new Ending.Abandoned(), """{"kind":"abandoned"}""" },
        { new Ending.KilledFromOutside("root"), """{"kind":"killed-from-outside","evidence":"root"}""" },
        { new Ending.Refused("r", "w", "f"), """{"kind":"refused","rule":"r","why":"w","fix":"f"}""" },
        { new Ending.Busy("c", TimeSpan.FromMilliseconds(1)), """{"kind":"busy","cause":"c","retryAfterMicroseconds":1000}""" },
        { new Ending.Unavailable("c", "f", true), """{"kind":"unavailable","cause":"c","fix":"f","pilotMayRun":true}""" },
        { new Ending.SetupFailed("s", "c", "u"), """{"kind":"setup-failed","step":"s","cause":"c","undo":"u"}""" },
        { new Ending.Lost("e"), """{"kind":"lost","evidence":"e"}""" },
    };

    [Theory]
    [MemberData(nameof(Endings))]
    public void Every_ending_has_its_form(Ending ending, string form)
    {
        var buffer = new RecordBuffer();
        EndingJson.Write(buffer.Begin(), ending);
        buffer.End();
        Assert.Equal($"\"ending\":{form}", Encoding.UTF8.GetString(buffer.Members));
    }

    [Fact]
    public async Task Vectors_of_two_MiB_are_kept_to_32_KiB_and_digested_whole()
    {
        ByteString[][] vectors =
        [
            [ByteString.FromText("/bin/x"), ByteString.FromText(new string('y', 2 << 20))],
            [.. Enumerable.Repeat(ByteString.FromText(""), 500_000)],
            [Bytes(0xff, 1 << 20), Bytes(1, 1 << 20)],
        ];
        using var directory = new TestDirectory();
        await using NodeLedger ledger = directory.Open();
        foreach (ByteString[] vector in vectors)
        {
            PayloadId payload = Samples.NewPayload();
            await ledger.AdmitAsync(Samples.Admitted(payload, command: vector));
            LedgerLine line = Assert.Single(new LedgerReader(directory.Ledger).Read(new LedgerFilter(payload, null)));
            using JsonDocument document = line.Parse();
            JsonElement command = document.RootElement.GetProperty("command");
            Assert.True(command.GetProperty("truncated").GetBoolean());
            Assert.Equal(vector.Length, command.GetProperty("argumentCount").GetInt32());
            Assert.True(command.GetProperty("arguments").GetRawText().Length <= (32 << 10) + 2);
            byte[] joined = [.. vector.SelectMany((argument, i) => i == 0 ? argument.Span.ToArray() : [0, .. argument.Span.ToArray()])];
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(joined)), command.GetProperty("digest").GetString());
        }

        static ByteString Bytes(byte value, int count) => ByteString.TryFrom(Enumerable.Repeat(value, count).ToArray(), out ByteString bytes) ? bytes : throw new InvalidOperationException();
    }

    [Theory]
    [InlineData(CellNetwork.Host, "host")]
    [InlineData(CellNetwork.Pilot, "pilot")]
    [InlineData(CellNetwork.None, "none")]
    [InlineData(CellNetwork.User, "user")]
    public void An_admission_tells_the_network_of_its_cell(CellNetwork network, string name)
    {
        AdmittedRecord plain = Samples.Admitted(Samples.NewPayload());
        var buffer = new RecordBuffer();
        AdmittedJson.Write(buffer.Begin(), plain with { Site = plain.Site with { Network = network } });
        buffer.End();
        using var document = JsonDocument.Parse("{" + Encoding.UTF8.GetString(buffer.Members) + "}");
        Assert.Equal(name, document.RootElement.GetProperty("site").GetProperty("network").GetString());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\u0001")]
    [InlineData("😀")]
    [InlineData("\ud800")]
    [InlineData("\"")]
    public void An_ended_record_fits_into_the_space_kept_for_it(string filler)
    {
        string text = string.Concat(Enumerable.Repeat(filler, 100_000));
        var usage = ResourceUsage.NotMeasured(text);
        var record = new EndedRecord(Samples.NewPayload(), new UserId(uint.MaxValue), new Ending.Refused(text, text, text), text, usage, Residue.OfAll(new Finding.NotProvable(text)))
        {
            OutOfMemory = new OutOfMemory(long.MaxValue, MemoryLimit.Unknown, text),
        };
        var buffer = new RecordBuffer();
        EndedJson.Write(buffer.Begin(), record);
        buffer.End();
        Assert.InRange(buffer.Members.Length, 1000, new LedgerOptions().EndingSpace - OpenPayloads.StartSpace - LineFormat.Overhead);
        using var document = JsonDocument.Parse("{" + Encoding.UTF8.GetString(buffer.Members) + "}");
        Assert.EndsWith("…", document.RootElement.GetProperty("observer").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admission_of_the_longest_texts_fits_into_its_bound()
    {
        string text = string.Concat(Enumerable.Repeat("\u0001\"", 50_000));
        AdmittedRecord plain = Samples.Admitted(Samples.NewPayload());
        AdmittedRecord worst = plain with
        {
            Command = [ByteString.FromText(text)],
            Resolved = new ResolvedCommand(ByteString.FromText(text), text, text),
            HandleDigest = text,
            WorkingDirectory = ByteString.FromText(text),
            Tags = plain.Tags.AddRange(Enumerable.Range(0, 1000).Select(i => KeyValuePair.Create($"{i}{text}", text))),
            Pilot = plain.Pilot with
            {
                AccountName = text, Cgroup = text, Job = new JobKey(text),
                Batch = new BatchJob(BatchSystem.Kubernetes, text, BatchEvidence.TrackingGroup, text, new GroupId(uint.MaxValue)),
                Claim = new BatchClaim(BatchSystem.Kubernetes, text),
            },
            Site = new CellSite(plain.Site.Placement with { Why = text }, text, text, CellNetwork.Host),
            Decision = plain.Decision with { Rule = text, RoomKind = text, Identity = new Identity.Claimed(text), PolicyEpoch = text },
            Lease = plain.Lease with { Rule = text, Account = new Account(new UserId(1), new GroupId(1), [.. Enumerable.Range(0, 60_000).Select(i => new GroupId(uint.MaxValue))], text) },
        };
        using var directory = new TestDirectory();
        await using NodeLedger ledger = directory.Open();
        await ledger.AdmitAsync(worst);
        LedgerLine line = new LedgerReader(directory.Ledger).Read(LedgerFilter.Everything).Last();
        Assert.InRange(line.Raw.Length, 40_000, LineFormat.LongestAdmission);
        using JsonDocument document = line.Parse();
        Assert.True(document.RootElement.GetProperty("tagsCut").GetBoolean());
    }
}
