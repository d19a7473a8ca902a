using System.Collections.Immutable;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: a payload belongs to uid, job and handle together; with one of them wrong it might as well not exist.</summary>
public sealed class OwnershipTests
{
    private static readonly Pilot Owner = new(new UserId(1000), new GroupId(1000), new ProcessId(1), 1, "pilot", "/", JobKey.None);

    [Theory]
    [InlineData(1000u, "none", true, true)]
    [InlineData(1001u, "none", true, false)]
    [InlineData(1000u, "job 7", true, false)]
    [InlineData(1000u, "none", false, false)]
    public void AllThreeMustHold(uint uid, string job, bool showsHandle, bool mayTouch)
    {
        Handle handle = Handle.New();
        RunningPayload payload = Payload(handle);
        Pilot asker = Owner with { Uid = new UserId(uid), Job = new JobKey(job), Process = new ProcessId(99) };
        using PidFd self = PidFd.TryOpen(Environment.ProcessId, out _)!;
        Session session = new(new Peer(self, asker, IsOperator: false, IsInsideACell: false), Standing.Client, null!, null!, null!, null!);
        Assert.Equal(mayTouch, session.MayTouch(payload, showsHandle ? handle.Value : Handle.New().Value));
        Assert.False(session.MayTouch(payload, null));
        Assert.True((session with { Standing = Standing.Operator }).MayTouch(payload, null));
    }

    private static RunningPayload Payload(Handle handle)
    {
        PayloadId id = PayloadId.New(TimeProvider.System);
        return new RunningPayload(
            new PayloadRequest(id, Owner, null, null, [ByteString.FromText("x")], [], null, Limits.None, ImmutableSortedDictionary<string, string>.Empty),
            new Decision.Admit("r", Level.Setuid, "classic", new Identity.PilotItself("p"), "a", Limits.None, PlacementDemand.Default, "e"),
            new Lease(id, new Account(new UserId(2000000), new GroupId(2000000), [], null), "a", false), handle, null!, DateTimeOffset.UnixEpoch);
    }
}
