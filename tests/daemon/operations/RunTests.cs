using System.Text;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: a run ends in exactly one answer that says what happened, and whoever else asks learns nothing of it.</summary>
public sealed class RunTests
{
    private static readonly RunRequest True = new() { Command = [Encoding.UTF8.GetBytes("/bin/true")] };

    [Theory]
    [InlineData("")]
    [InlineData("pass-rights,peer-pidfd")]
    public void ARunIsEnteredStartedAndEnded(string without)
    {
        using Front front = new(without);
        front.Warden.Answer = o => o == WardenOperation.Ending ? FakeWarden.Ended(EndedHow.Exited, 7) : null;
        using TestClient client = front.Connect();
        for (int i = 1; i <= 3; i++)
        {
            client.Send(True);
            EnteredAnswer entered = client.Receive<EnteredAnswer>();
            Assert.Equal(i, client.Descriptors.Count);
            Assert.Equal(FileKind.Socket, Sys.KindOf(client.Descriptors[^1]));
            WirePayload started = client.Receive<StartedAnswer>().Payload;
            Assert.Equal((entered.Id, entered.Handle, 4242, "running", "own"), (started.Id, started.Handle, started.Pid, started.State, started.Placement!.Position));
            EndedAnswer ended = client.Receive<EndedAnswer>();
            Assert.Equal((entered.Id, "exited", 7), (ended.Id, ended.Ending.Kind, ended.Ending.Code));
            Assert.Equal(1, ended.Usage!["wallMicroseconds"]);
            Assert.Contains("memoryPeakBytes", ended.Usage.NotAvailable!.Keys);
        }

        Assert.Equal(3, front.Site.Records.OfType<EndedRecord>().Count());
        Assert.All(front.Site.Released, r => Assert.False(r.IsDirty));
        Assert.Empty(front.Running.All);
    }

    [Fact]
    public void ThePilotsChannelLeadsToItsCell()
    {
        using Front front = new();
        front.Warden.Answer = o => o == WardenOperation.Ending ? [] : null;
        using TestClient client = front.Connect();
        client.Send(True);
        client.Receive<EnteredAnswer>();
        using UnixSocket cell = front.Warden.Channels.Take();
        _ = Sys.Send(client.Descriptors[0], "streams."u8, []);
        byte[] message = new byte[16];
        Assert.Equal(8, Sys.Receive(cell, message, 0, out _).Length);
        // The only copies are the client's and the cell's: its end is seen at once.
        client.Descriptors[0].Dispose();
        Assert.Equal(0, Sys.Receive(cell, message, 0, out _).Length);
    }

    [Fact]
    public void ABadRequestIsToldRecordedAndTheConnectionStays()
    {
        using Front front = new();
        using TestClient client = front.Connect();
        ErrorAnswer answer = client.Ask<ErrorAnswer>(new RunRequest { Command = [], Level = "fortress" });
        Assert.Equal(ErrorCodes.BadRequest, answer.Code);
        Assert.Contains("(2)", answer.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.BadRequest, Assert.Single(front.Site.Records.OfType<NotAdmitted>()).Cause);
        client.Ask<StatusAnswer>(new StatusRequest());
    }

    [Theory]
    [InlineData(WardenOperation.Build)]
    [InlineData(WardenOperation.Resolve)]
    public void AClientThatGoesBeforeTheStartIsAbandonedAndItsRoomDestroyed(WardenOperation at)
    {
        using Front front = new();
        using ManualResetEventSlim reached = new(), gone = new();
        front.Warden.Before = o =>
        {
            if (o != at)
                return;
            reached.Set();
            if (at == WardenOperation.Build)
                gone.Wait(TimeSpan.FromSeconds(10));
        };
        front.Warden.Answer = o => o == at && at == WardenOperation.Resolve ? [] : null; // the streams never come
        using (TestClient client = front.Connect())
        {
            client.Send(True);
            Assert.True(reached.Wait(TimeSpan.FromSeconds(10)));
        }

        gone.Set();
        Assert.True(SpinWait.SpinUntil(() => front.Warden.Asked.Contains(WardenOperation.Forget), TimeSpan.FromSeconds(10)));
        Assert.True(SpinWait.SpinUntil(() => front.Site.Records.OfType<NotAdmitted>().Any() && !front.Site.Released.IsEmpty, TimeSpan.FromSeconds(10)));
        Assert.Equal("abandoned", Assert.Single(front.Site.Records.OfType<NotAdmitted>()).Cause);
        Assert.DoesNotContain(WardenOperation.Start, front.Warden.Asked);
    }

    [Fact]
    public void AnErrorOfOursEndsAsSetupFailedAndTheServiceGoesOn()
    {
        using Front front = new();
        front.Site.AdmitFails = new InvalidOperationException("a bug");
        using TestClient client = front.Connect();
        client.Send(True);
        client.Receive<EnteredAnswer>();
        Assert.Equal(("setup-failed", "isolationd"), (client.Receive() as EndedAnswer is { } e) ? (e.Ending.Kind, e.Ending.Step) : default);
        front.Site.AdmitFails = null;
        client.Send(True);
        client.Receive<EnteredAnswer>();
        client.Receive<StartedAnswer>();
        client.Receive<EndedAnswer>();
    }

    [Fact]
    public void MorePayloadsThanPolicyAllowsAreBusy()
    {
        using Front front = new();
        front.Site.Most = 1;
        front.Warden.Answer = o => o == WardenOperation.Ending ? [] : null;
        using TestClient one = front.Connect();
        one.Send(True);
        one.Receive<EnteredAnswer>();
        using TestClient two = front.Connect();
        Assert.Equal([KeyValuePair.Create("own", 1)], two.Ask<StatusAnswer>(new StatusRequest()).Positions);
        WireEnding busy = two.Ask<EndedAnswer>(True).Ending;
        Assert.Equal("busy", busy.Kind);
        Assert.True(busy.RetryAfterMilliseconds > 0);
    }

    [SkippableFact]
    public void AnOperatorSeesAndSignalsAndItIsRecordedAndTold()
    {
        Skip.If(Sys.EffectiveUid() != 0, "needs root, which is an operator");
        using Front front = new();
        using ManualResetEventSlim signalled = new();
        front.Warden.Before = o =>
        {
            if (o == WardenOperation.Ending)
                signalled.Wait(TimeSpan.FromSeconds(10));
        };
        front.Warden.Answer = o => o == WardenOperation.Ending ? FakeWarden.Ended(EndedHow.Signaled, 15) : null;
        using TestClient pilot = front.Connect();
        pilot.Send(True);
        string id = pilot.Receive<EnteredAnswer>().Id;
        pilot.Receive<StartedAnswer>();

        using TestClient root = front.Connect();
        Assert.Equal(id, Assert.Single(root.Ask<PayloadsAnswer>(new ListRequest()).Payloads).Id);
        Assert.Null(root.Ask<PayloadAnswer>(new ShowRequest(id)).Payload.Handle);
        root.Send(new SignalRequest(id, 15));
        Assert.True(SpinWait.SpinUntil(() => front.Running.All.Single().Interference is not null, TimeSpan.FromSeconds(10)));
        signalled.Set();
        root.Receive<DoneAnswer>();
        Assert.Equal("operator-signal", Assert.Single(front.Site.Records.OfType<ServiceEvent>()).What);
        WireEnding ending = pilot.Receive<EndedAnswer>().Ending;
        Assert.Equal("killed-from-outside", ending.Kind);
        Assert.Contains("operator uid 0", ending.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void SignalsOutOfRangeAndUnknownPayloadsAreRefused()
    {
        using Front front = new();
        using TestClient client = front.Connect();
        Assert.Equal(ErrorCodes.BadRequest, client.Ask<ErrorAnswer>(new SignalRequest("x", 65)).Code);
        Assert.Equal(ErrorCodes.NoSuchPayload, client.Ask<ErrorAnswer>(new SignalRequest(Guid.NewGuid().ToString(), 15)).Code);
        Assert.Equal(ErrorCodes.NoSuchPayload, client.Ask<ErrorAnswer>(new ShowRequest("../../etc")).Code);
    }

    [SkippableFact]
    public void AnOperatorLetsAnAccountOutOfQuarantineAndItIsOnRecord()
    {
        Skip.If(Sys.EffectiveUid() != 0, "needs root, which is an operator");
        using Front front = new();
        front.Site.Kept.Add(new UserId(2100007));
        using TestClient root = front.Connect();
        Assert.Contains("2100007", root.Ask<DoneAnswer>(new ClearAccountRequest(2100007)).Note, StringComparison.Ordinal);
        Assert.Empty(front.Site.Kept);
        Assert.Contains("in no quarantine", root.Ask<ErrorAnswer>(new ClearAccountRequest(2100007)).Message, StringComparison.Ordinal);
        ServiceEvent record = Assert.Single(front.Site.Records.OfType<ServiceEvent>());
        Assert.Equal(("account-cleared", "2100007", "operator uid 0"), (record.What, record.Details["account"], record.Details["asked-by"]));
    }

    [SkippableFact]
    public void TraceAndReloadAnswerAnOperator()
    {
        Skip.If(Sys.EffectiveUid() != 0, "needs root, which is an operator");
        using Front front = new();
        using TestClient root = front.Connect();
        root.Ask<RecordAnswer>(new TraceRequest());
        root.Receive<DoneAnswer>();
        root.Ask<DoneAnswer>(new ReloadPolicyRequest());
        front.Site.ReloadFaults = ["policy.yaml:1:1: wrong"];
        Assert.Contains("policy.yaml:1:1", root.Ask<ErrorAnswer>(new ReloadPolicyRequest()).Message, StringComparison.Ordinal);
        Assert.Equal(["policy-loaded", "policy-refused"], front.Site.Records.OfType<ServiceEvent>().Select(e => e.What));
    }
}
