using Isolation.Core.Tests.Pipeline;

namespace Isolation.Core.Tests;

/// <summary>Promise: a payload belongs to (uid, batch job, handle), all three; it is listed from its entry to its end.</summary>
public sealed class RunningPayloadTests
{
    private static readonly Handle Secret = Handle.New();

    private static RunningPayload New(PayloadRequest request)
        => new(request, Samples.Admit, Samples.Lease, Secret, new FakeCell(new Scene()), DateTimeOffset.UnixEpoch);

    [Fact]
    public void UidJobAndHandleAreAllNeeded()
    {
        RunningPayload payload = New(Samples.Request());
        Pilot owner = payload.Request.Pilot;
        Assert.True(payload.BelongsTo(owner, Secret.Value));
        Assert.False(payload.BelongsTo(owner, null));
        Assert.False(payload.BelongsTo(owner, Handle.New().Value));
        Assert.False(payload.BelongsTo(owner with { Uid = new UserId(owner.Uid.Value + 1) }, Secret.Value));
        Assert.False(payload.BelongsTo(owner with { Job = new JobKey("other") }, Secret.Value));
        Assert.True(payload.BelongsTo(owner with { Process = new ProcessId(1) }, Secret.Value));
    }

    [Fact]
    public void ItIsListedUntilItsMembershipIsDisposed()
    {
        RunningPayloads running = new();
        RunningPayload first = New(Samples.Request()), second = New(Samples.Request());
        using (running.Add(second))
        {
            using (running.Add(first))
                Assert.Equal(new[] { first, second }.OrderBy(p => p.Request.Id.Value), running.All);
            Assert.Null(running.Find(first.Request.Id));
            Assert.Same(second, running.Find(second.Request.Id));
        }

        Assert.Empty(running.All);
    }

    [Fact]
    public void ItsStateOnlyGrows()
    {
        RunningPayload payload = New(Samples.Request());
        Assert.Null(payload.Process);
        Assert.Null(payload.Interference);
        payload.MarkStarted(new ProcessId(7));
        payload.MarkSignalled(new Interference(15, "operator 0"));
        Assert.Equal(new ProcessId(7), payload.Process);
        Assert.Equal("operator 0", payload.Interference?.Who);
    }

    [Fact]
    public void AnAdmissionCannotBeMintedFromAnothersReceipt()
    {
        Entry entry = new(PayloadId.New(TimeProvider.System), Samples.Lease.Account, Limits.None, PlacementDemand.Default, new FakeEnd(), new FakeEnd());
        Assert.Equal(entry.Payload, Admission.Mint(entry, new LedgerReceipt(entry.Payload, 1)).Payload);
        Assert.Throws<ArgumentException>(() => Admission.Mint(entry, new LedgerReceipt(PayloadId.New(TimeProvider.System), 1)));
    }
}
