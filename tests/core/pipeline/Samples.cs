using System.Collections.Immutable;

namespace Isolation.Core.Tests.Pipeline;

/// <summary>Values of the shapes that the pipeline passes on.</summary>
internal static class Samples
{
    public static readonly Decision.Admit Admit = new(
        "everyone", Level.Setuid, "classic", new Identity.Claimed("/CN=alice"), "default", Limits.None, PlacementDemand.Default, "epoch");

    public static readonly Lease Lease = new(
        PayloadId.New(TimeProvider.System), new Account(new UserId(2_000_000), new GroupId(2_000_000), [], null), "default", Shared: false);

    public static readonly Residue Clean = Residue.OfAll(new Finding.ProvenEmpty("cgroup"));

    public static readonly ResourceUsage Usage = ResourceUsage.Of([((byte)UsageFigure.CpuUser, 1), ((byte)UsageFigure.Wall, 3)]);

    public static EndingReport Ended(Ending ending) => new(ending, "cell-init", new Finding.ProvenEmpty("cgroup"), Usage);

    public static readonly FileExchange Exchange = new([new BroughtFile(ByteString.FromText("in"), 3)], [ByteString.FromText("out")]);

    public static PayloadRequest Request() => new(
        PayloadId.New(TimeProvider.System),
        new Pilot(new UserId(3001), new GroupId(3001), new ProcessId(99), 12345, "pilot", "/", JobKey.None),
        null, "/CN=alice", [ByteString.FromText("/bin/true")], [], null, Limits.None, ImmutableSortedDictionary<string, string>.Empty);
}
