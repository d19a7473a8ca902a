using System.Text;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon.Tests;

/// <summary>Promise: a drained service begins nothing new, ends when the last of what it had has been told, and not before, or at its deadline.</summary>
public sealed class DrainTests
{
    private static readonly RunRequest True = new() { Command = [Encoding.UTF8.GetBytes("/bin/true")] };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ItEndsWhenTheLastPayloadHasBeenTold(bool isDetached)
    {
        using Front front = new();
        using ManualResetEventSlim ends = new();
        front.Warden.Before = o =>
        {
            if (o == WardenOperation.Ending)
                ends.Wait(TimeSpan.FromSeconds(10));
        };
        front.Warden.Answer = o => o == WardenOperation.Ending ? FakeWarden.Ended(EndedHow.Exited, 7) : null;
        using TestClient client = front.Connect(), waiting = front.Connect(), asking = front.Connect(), other = front.Connect();
        client.Send(True with { Detach = isDetached });
        EnteredAnswer entered = client.Receive<EnteredAnswer>();
        client.Receive<StartedAnswer>();
        waiting.Ask<StartedAnswer>(new WaitRequest(entered.Id, entered.Handle));
        Assert.Equal(1, asking.Ask<DrainingAnswer>(new DrainRequest()).Running);
        EndedAnswer turnedAway = other.Ask<EndedAnswer>(True);
        Assert.Equal(("unavailable", false), (turnedAway.Ending.Kind, turnedAway.Ending.PilotMayRun));
        Assert.Equal("draining", Assert.Single(front.Site.Records.OfType<NotAdmitted>()).Cause);
        Assert.True(other.Ask<StatusAnswer>(new StatusRequest()).Draining);
        Assert.False(front.HasEnded);
        ends.Set();
        Assert.Equal(7, waiting.Receive<EndedAnswer>().Ending.Code);
        if (!isDetached)
            client.Receive<EndedAnswer>();
        asking.Receive<DoneAnswer>();
        Assert.True(SpinWait.SpinUntil(() => front.HasEnded, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void AnIdleOneEndsAtOnceAlsoWhenWhoAskedIsGone()
    {
        using Front front = new();
        using (TestClient asking = front.Connect())
            asking.Send(new DrainRequest());
        Assert.True(SpinWait.SpinUntil(() => front.HasEnded, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void AtItsDeadlineItEndsAndSaysWhatIsLeft()
    {
        using Front front = new();
        using ManualResetEventSlim ends = new();
        front.Warden.Before = o =>
        {
            if (o == WardenOperation.Ending)
                ends.Wait(TimeSpan.FromSeconds(10));
        };
        using TestClient client = front.Connect(), asking = front.Connect();
        client.Send(True);
        client.Receive<EnteredAnswer>();
        client.Receive<StartedAnswer>();
        Assert.Equal(ErrorCodes.BadRequest, asking.Ask<ErrorAnswer>(new DrainRequest(-1)).Code);
        Assert.False(front.Drain.IsDraining);
        asking.Ask<DrainingAnswer>(new DrainRequest(200));
        Assert.Contains("1 payloads", asking.Receive<ErrorAnswer>().Message, StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => front.HasEnded, TimeSpan.FromSeconds(10)));
        ends.Set();
        client.Receive<EndedAnswer>();
    }
}
