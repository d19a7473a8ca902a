using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Ledger.Tests;

/// <summary>Records to write.</summary>
internal static class Samples
{
    private static readonly Placement Place = new(Position.Own, PlacementProperties.CgroupProof, Ceilings.None, LimitKinds.None, "no batch job");

    public static readonly LedgerOptions SmallSegments = new() { SegmentSize = 256 << 10, RetryEvery = TimeSpan.FromMilliseconds(50) };

    public static Pilot Pilot(uint uid = 1000) => new(new UserId(uid), new GroupId(uid), new ProcessId(77), 12345, "pilot", "/batch/job_1", JobKey.None);

    public static AdmittedRecord Admitted(PayloadId payload, uint pilot = 1000, uint account = 2_000_001, params ByteString[] command) => new(
        payload, Pilot(pilot),
        new Decision.Admit("analysis", Level.Setuid, "classic", new Identity.Claimed("/DC=org/CN=Ann Ö"), "default", Limits.None, PlacementDemand.Default, "abc"),
        new Lease(payload, new Account(new UserId(account), new GroupId(account), [], null), "default", false),
        new CellSite(Place, "/isolation/cell", "/scratch/cell", CellNetwork.Pilot), new string('a', 64),
        command.Length == 0 ? [ByteString.FromText("/bin/echo"), ByteString.FromText("a \"b\" \\ \n ü")] : [.. command],
        new ResolvedCommand(ByteString.FromText("/bin/echo"), new string('b', 64), null), null,
        ImmutableSortedDictionary<string, string>.Empty.Add("task", "42"));

    public static EndedRecord Ended(PayloadId payload, Ending? ending = null, uint pilot = 1000) => new(
        payload, new UserId(pilot), ending ?? new Ending.Exited(0), "cell-init",
        ResourceUsage.Of([((byte)UsageFigure.CpuUser, 1200), ((byte)UsageFigure.CpuSystem, 300), ((byte)UsageFigure.Wall, 5000)]),
        Residue.OfAll(new Finding.ProvenEmpty("cgroup")));

    public static PayloadId NewPayload() => PayloadId.New(TimeProvider.System);

    public static ServiceEvent Event(string what = "policy-loaded") => new(what, null, ImmutableSortedDictionary<string, string>.Empty.Add("digest", "d"));

    public static async Task<LedgerReceipt> AdmitAsync(this NodeLedger ledger) => await ledger.AdmitAsync(Admitted(NewPayload()));

    public static ValueTask EndAsync(this NodeLedger ledger, LedgerReceipt receipt) => ledger.EndAsync(receipt, Ended(receipt.Payload));
}
